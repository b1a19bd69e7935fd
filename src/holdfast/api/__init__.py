"""The REST face: parse, one engine call, render."""
