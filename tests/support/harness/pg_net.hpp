#pragma once

#include <string>

#include "support/harness/process.hpp"
#include "support/harness/supabase_database.hpp"

namespace revsync::test {

// pg_net in a Supabase database of a test: the schema "net" and the worker that sends what was queued there.
class PgNet {
public:
    explicit PgNet(SupabaseDatabase& supabase);

    // Waits for the next request that ends, in whatever order, and returns how: "200", "503", "Connection refused" …
    std::string next_outcome();

private:
    Process worker_;
};

// The schema alone: requests are queued, and nobody sends them.
void create_pg_net(SupabaseDatabase& supabase);
// Supabase's Vault, without its encryption.
void create_vault(SupabaseDatabase& supabase);

// Runs one of packaging/sql/supabase/ as the owner of the tables, who like Supabase's role "postgres" is no superuser.
void run_as_owner(SupabaseDatabase& supabase, const std::string& file);

}  // namespace revsync::test
