// The translation unit that the shared precompiled header belongs to.
