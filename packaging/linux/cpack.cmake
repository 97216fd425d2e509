# The DEB generator takes the debug symbols off by itself, and keeps them for a package of their own.
if(CPACK_GENERATOR STREQUAL "RPM")
  set(CPACK_STRIP_FILES ON)
endif()
