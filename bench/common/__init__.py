"""What every suite needs: settings, images, timing, the machine, programs built by cargo."""
