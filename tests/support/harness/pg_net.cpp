#include "support/harness/pg_net.hpp"

#include <fmt/format.h>

#include "support/harness/environment.hpp"

namespace revsync::test {
namespace {

void run(SupabaseDatabase& supabase, const char* file) {
    supabase.exec(content_of(source_folder() / "tests/support/pg_net" / file));
}

Command worker_of(SupabaseDatabase& supabase) {
    create_pg_net(supabase);
    return {pg_net_program(), {superuser_url(supabase.name())}, {{"PATH", "/usr/bin:/bin"}}};
}

}  // namespace

void create_pg_net(SupabaseDatabase& supabase) {
    run(supabase, "pg_net.sql");
}

void create_vault(SupabaseDatabase& supabase) {
    run(supabase, "vault.sql");
}

void run_as_owner(SupabaseDatabase& supabase, const std::string& file) {
    // The role belongs to the whole cluster: another test may be making it at the same moment.
    supabase.exec(
        "DO $$ BEGIN CREATE ROLE portal_owner BYPASSRLS; "
        "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$");
    supabase.exec(fmt::format(
        "GRANT CREATE ON DATABASE {} TO portal_owner; ALTER TABLE public.aligner_notes OWNER TO portal_owner; "
        "ALTER TABLE public.aligner_batches OWNER TO portal_owner",
        supabase.name()));
    if (!supabase.value("SELECT to_regnamespace('vault')").empty()) {
        supabase.exec(
            "GRANT USAGE ON SCHEMA vault TO portal_owner; "
            "GRANT SELECT, DELETE ON vault.secrets, vault.decrypted_secrets TO portal_owner");
    }
    supabase.exec("SET ROLE portal_owner");
    supabase.exec(content_of(source_folder() / "packaging/sql/supabase" / file));
    supabase.exec("RESET ROLE");
}

PgNet::PgNet(SupabaseDatabase& supabase) : worker_{worker_of(supabase)} {
    worker_.wait_for("pg_net is ready");
}

std::string PgNet::next_outcome() {
    const std::string line = worker_.wait_for("request ");
    return line.substr(line.find(": ") + 2);
}

}  // namespace revsync::test
