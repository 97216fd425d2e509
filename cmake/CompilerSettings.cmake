# What every target of the project is compiled with.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(REVSYNC_WARNINGS_AS_ERRORS "Stop the build on any compiler warning" ON)
set(REVSYNC_SANITIZE "" CACHE STRING "Value for -fsanitize=, empty for none")
option(REVSYNC_FUZZ "Build the fuzz programs; needs Clang" OFF)

find_program(REVSYNC_CCACHE ccache)
if(REVSYNC_CCACHE)
  # Precompiled headers need the sloppiness settings (what CMake generates is as new as the compiler's start), and depend
  # mode: GCC 12 crashes when it preprocesses with one.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${REVSYNC_CCACHE}")
endif()

add_library(revsync_settings INTERFACE)
if(MSVC)
  target_compile_options(revsync_settings INTERFACE /W4 /utf-8 /permissive- $<$<BOOL:${REVSYNC_WARNINGS_AS_ERRORS}>:/WX>)
else()
  target_compile_options(revsync_settings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
    $<$<BOOL:${REVSYNC_WARNINGS_AS_ERRORS}>:-Werror>
    # False positives of GCC 12 inside coroutine frames and in the concatenation of strings.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-mismatched-new-delete -Wno-restrict -Wno-stringop-overflow>
    $<$<CXX_COMPILER_ID:GNU>:-fcoroutines -fpch-deps -fpch-preprocess>
    $<$<CXX_COMPILER_ID:Clang>:-Xclang -fno-pch-timestamp>)
endif()
if(REVSYNC_SANITIZE)
  add_compile_options(-fsanitize=${REVSYNC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${REVSYNC_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND REVSYNC_SANITIZE MATCHES "thread")
    add_compile_options(-Wno-tsan)  # Asio's fences, which GCC's run-time does not model
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND REVSYNC_SANITIZE MATCHES "undefined")
    # Clang 14 cannot assemble coroutines with it: https://github.com/llvm/llvm-project/issues/49689
    add_compile_options(-fno-sanitize=function)
    add_link_options(-fno-sanitize=function)
  endif()
endif()
if(WIN32)
  target_compile_definitions(revsync_settings INTERFACE _WIN32_WINNT=0x0A00 WIN32_LEAN_AND_MEAN NOMINMAX
    $<$<CXX_COMPILER_ID:MSVC>:_CRT_SECURE_NO_WARNINGS>)  # the standard's own functions
else()
  if(NOT REVSYNC_SANITIZE)
    add_compile_definitions($<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
  endif()
  add_link_options(-Wl,-z,relro,-z,now -Wl,--build-id=sha1)  # debug symbols that are kept apart are found by the build's id
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()
find_program(REVSYNC_LLD ld.lld)
if(REVSYNC_LLD AND NOT WIN32)
  add_link_options(-fuse-ld=lld)
endif()
