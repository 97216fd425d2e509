# The libraries that the project stands on, all from the system's packages (or vcpkg on Windows).
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED CONFIG COMPONENTS headers program_options)
find_package(PostgreSQL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(FreeTDS REQUIRED)

# Boost's heavy parts, compiled once: everything that links revsync_boost sees declarations only.
add_library(revsync_boost STATIC "${PROJECT_SOURCE_DIR}/lib/boost_asio.cpp" "${PROJECT_SOURCE_DIR}/lib/boost_beast.cpp"
            "${PROJECT_SOURCE_DIR}/lib/boost_json.cpp")
target_link_libraries(revsync_boost PUBLIC Boost::headers Threads::Threads OpenSSL::SSL OpenSSL::Crypto
                                    PRIVATE revsync_settings)
target_compile_definitions(revsync_boost PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_DISABLE_BOOST_COROUTINE)

# One precompiled header for all that speaks Asio.
add_library(revsync_pch STATIC "${PROJECT_SOURCE_DIR}/lib/pch.cpp")
target_link_libraries(revsync_pch PUBLIC revsync_boost fmt::fmt PRIVATE revsync_settings)
target_precompile_headers(revsync_pch PRIVATE "${PROJECT_SOURCE_DIR}/lib/pch.hpp")
