"""Control loops: target, feedback, law and limits of each limb, tick by tick."""
