# The libraries that the project stands on, all from the system's packages (or vcpkg on Windows).
find_package(Threads REQUIRED)
set(Boost_NO_WARN_NEW_VERSIONS ON)  # of a CMake that is older than the Boost
find_package(Boost 1.81 REQUIRED COMPONENTS program_options)
find_package(PostgreSQL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(FreeTDS REQUIRED)

# Boost's heavy parts, compiled once: everything that links revsync_boost sees declarations only.
add_library(revsync_boost STATIC "${PROJECT_SOURCE_DIR}/lib/boost_asio.cpp" "${PROJECT_SOURCE_DIR}/lib/boost_beast.cpp"
            "${PROJECT_SOURCE_DIR}/lib/boost_json.cpp")
target_link_libraries(revsync_boost PUBLIC Boost::headers Threads::Threads OpenSSL::SSL OpenSSL::Crypto
                                    PRIVATE revsync_settings)
if(WIN32)
  target_link_libraries(revsync_boost PUBLIC ws2_32 mswsock bcrypt)
  target_compile_definitions(revsync_boost PUBLIC _WIN32_WINNT=0x0A00 WIN32_LEAN_AND_MEAN NOMINMAX)
endif()
target_compile_definitions(revsync_boost PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_DISABLE_BOOST_COROUTINE)

# One precompiled header for all that speaks Asio. In angle brackets, it names no folder: ccache then knows it in every clone.
add_library(revsync_pch STATIC "${PROJECT_SOURCE_DIR}/lib/pch.cpp")
target_link_libraries(revsync_pch PUBLIC revsync_boost fmt::fmt PRIVATE revsync_settings)
target_include_directories(revsync_pch PRIVATE "${PROJECT_SOURCE_DIR}/lib")
target_precompile_headers(revsync_pch PRIVATE <pch.hpp>)
