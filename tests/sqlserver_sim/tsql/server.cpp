#include "server.hpp"

#include "parser.hpp"

namespace revsync::sim::tsql {

std::shared_ptr<const Block> ParseCache::batch(const std::string& sql, bool quoted_identifier) {
    const std::string key = (quoted_identifier ? "1" : "0") + sql;
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = trees_.find(key); found != trees_.end()) {
            return found->second;
        }
    }
    auto tree = std::make_shared<const Block>(parse_batch(sql, quoted_identifier));
    const std::lock_guard lock(mutex_);
    if (trees_.size() >= 500) {
        trees_.clear();
    }
    return trees_[key] = std::move(tree);
}

std::shared_ptr<const std::vector<ParameterDefinition>> DeclarationCache::get(const std::string& text) {
    const std::lock_guard lock(mutex_);
    auto& list = lists_[text];
    if (!list) {
        list = std::make_shared<const std::vector<ParameterDefinition>>(parse_parameters(text));
    }
    return list;
}

}  // namespace revsync::sim::tsql
