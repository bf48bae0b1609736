"""What slows a limb down: other limbs, itself, singularities."""
