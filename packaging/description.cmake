# What every package says of itself, whatever system it is for.
set(CPACK_PACKAGE_NAME reverse-sync)
set(CPACK_PACKAGE_VENDOR "Reverse Sync")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "keeps Supabase and an on-premise SQL Server in step")
set(CPACK_PACKAGE_DESCRIPTION "A small daemon that carries changes between a Supabase (Postgres)
database and a Microsoft SQL Server on a clinic's own machine: at once by
webhooks, and by a catch-up at start and then hourly, which finds whatever
was missed.")
set(CPACK_PACKAGE_FILE_NAME "reverse-sync-${PROJECT_VERSION}")
set(CPACK_OUTPUT_FILE_PREFIX "${PROJECT_BINARY_DIR}/packages")
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # packing does not build the tests
