// Triggers: the rows of the statement that fired them, and their run.
#include <algorithm>
#include <cstring>

#include "session.hpp"
#include "text.hpp"

namespace revsync::sim::tsql {

int SessionImpl::trigger_depth() const {
    int depth = 0;
    for (const Frame* frame = frame_; frame != nullptr; frame = frame->caller) {
        depth += frame->trigger != nullptr ? 1 : 0;
    }
    return depth;
}

void SessionImpl::fire_triggers(const char* event, const TranslatedDml& dml, std::uint64_t rows) {
    // Where sim.capture has put them.
    constexpr std::uint64_t most_in_settings = 20;
    const std::string place = "rows_" + std::to_string(trigger_depth()) + "_" + std::to_string(dml.target->object_id) +
                              "_" + lower(event) + "_";
    TriggerContext context;
    context.event = event;
    context.updated = dml.updated;
    for (const char* name : {"inserted", "deleted"}) {
        auto info = std::make_shared<TableInfo>(*dml.target);
        info->name = name;
        const bool captured = std::strcmp(event, name[0] == 'i' ? "DELETE" : "INSERT") != 0;
        if (captured && rows > most_in_settings) {
            info->pg = "pg_temp." + quote_name("sim~" + place + name);
        } else {
            info->pg = "unnest(" + (captured ? "current_setting('sim." + place + name + "')" : "'{}'") +
                       "::" + dml.target->pg + "[])";
        }
        info->temporary = true;
        info->triggers.clear();
        for (ColumnInfo& column : info->columns) {
            column.identity = column.computed = false;
        }
        (name[0] == 'i' ? context.inserted : context.deleted) = std::move(info);
    }
    const Value scope_identity = scope_identity_;
    for (const TriggerInfo& trigger : dml.target->triggers) {
        if (std::find(trigger.events.begin(), trigger.events.end(), event) != trigger.events.end()) {
            fire(trigger, context, rows);
        }
    }
    scope_identity_ = scope_identity;
}

void SessionImpl::fire(const TriggerInfo& trigger, const TriggerContext& context, std::uint64_t rows) {
    if (depth_ >= 32) {
        fail(217, "Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).");
    }
    const auto tree = server_->parsed.batch(trigger.definition, true);
    const auto& module = std::get<CreateModule>(tree->at(0)->body);
    const Options outer = options_;
    const std::string verb = verb_;
    const TableInfoPtr changing = changing_;
    options_.set("XACT_ABORT", true);
    options_.row_limit = 0;
    options_.identity_insert.clear();
    in_frame(
        trigger.name,
        [&](Frame& frame) {
            frame.trigger = &context;
            row_count_ = rows;
        },
        [&] { run_block(module.body); }, [](Frame&) {});
    options_ = outer;
    verb_ = verb;
    changing_ = changing;
    if (transactions_ == 0) {
        fail(3609, "The transaction ended in the trigger. The batch has been aborted.");
    }
}

}  // namespace revsync::sim::tsql
