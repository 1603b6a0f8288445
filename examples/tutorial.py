"""The tutorial of image compression with K-Means: bits before and after."""

import skimage.data

from smalti import calculate_num_bits, compress_image, reconstruct_image

tissue = skimage.data.immunohistochemistry()
for k in (2, 3, 6, 16):
    labels, centroids = compress_image(tissue, n_clusters=k, random_state=42)
    _, original_bits = calculate_num_bits(tissue, 256)
    _, index_bits = calculate_num_bits(labels, k)
    _, codebook_bits = calculate_num_bits(centroids, 256)
    compressed_bits = index_bits + codebook_bits
    picture = reconstruct_image(labels, centroids, tissue.shape)
    error = ((picture.astype(float) - tissue) ** 2).sum(axis=2).mean()
    print(
        f"K = {k:2}: {compressed_bits:,} of {original_bits:,} bits, "
        f"{compressed_bits / original_bits:.1%}, J = {error:.1f}"
    )
