# Cross-compiles for 64-bit Windows with Debian's MinGW-w64 (g++-mingw-w64-x86-64-posix: the variant with std::thread).
# The Windows libraries (Boost, libpq, FreeTDS, fmt, OpenSSL, GoogleTest) are looked for under REVSYNC_WINDOWS_ROOT, which
# packaging/windows/windows-libraries.sh fills.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

get_filename_component(windows_libraries "${CMAKE_CURRENT_LIST_DIR}/../build/windows-libraries" ABSOLUTE)
set(REVSYNC_WINDOWS_ROOT "${windows_libraries}" CACHE PATH "Folder with include/, lib/ and bin/ of the Windows libraries")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES REVSYNC_WINDOWS_ROOT)
if(NOT EXISTS "${REVSYNC_WINDOWS_ROOT}/complete")
  message(FATAL_ERROR "no Windows libraries: run packaging/windows/windows-libraries.sh ${REVSYNC_WINDOWS_ROOT}")
endif()
set(CMAKE_FIND_ROOT_PATH "${REVSYNC_WINDOWS_ROOT}" /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# The program must start on a machine that has no MinGW.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static-libgcc -static-libstdc++ -Wl,-Bstatic,--whole-archive -lwinpthread -Wl,--no-whole-archive,-Bdynamic")
