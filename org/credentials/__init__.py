"""What people prove themselves with: passwords, codes, devices, another service's word."""
