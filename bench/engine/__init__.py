"""The K-Means engine on pixels: what efforts cost and bring, beside other quantisers."""
