#include "admin/query.hpp"

#include <algorithm>

#include "base/percent.hpp"

namespace ferrotunnel::admin {

void for_each_parameter(std::string_view query,
                        const std::function<void(const std::string& name, const std::string& value)>& take) {
    const auto decoded = [](std::string_view text) {
        std::string plain(text);
        std::replace(plain.begin(), plain.end(), '+', ' ');
        return percent_decoded(plain);
    };
    query.remove_prefix(query.starts_with('?') ? 1 : 0);
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        take(decoded(pair.substr(0, equals)), decoded(pair.substr(std::min(equals + 1, pair.size()))));
    }
}

}  // namespace ferrotunnel::admin
