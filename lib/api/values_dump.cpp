#include "api/values_dump.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "etcd/base64.hpp"
#include "etcd_store/value_records.hpp"

namespace ferrotunnel::detail {
namespace {

using admin::Answer;
using admin::Json;
using etcd_store::ValueRecords;

constexpr std::string_view dumped_kinds[] = {"cert/", "kick/", "revoked/", "token/"};  // in the order of their keys
constexpr std::size_t dump_page = 64;  // with the longest values, 1.4 MiB

ValueRecords dump_records(const peers::Cluster& cluster) {
    return ValueRecords("export/", *cluster.keys());
}

ValueRecords::Milliseconds now_milliseconds() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

bool is_dumped(std::string_view key) {
    return std::ranges::any_of(dumped_kinds, [key](std::string_view kind) { return key.starts_with(kind); });
}

}  // namespace

Answer dump_of_values(const peers::Cluster& cluster, const admin::ClusterValuesRequest& request) {
    const ValueRecords records = dump_records(cluster);
    Json values = Json::array();
    std::string last;
    std::size_t read = 0;  // also those that have just ended: what follows them may be of the same kind
    for (const std::string_view kind : dumped_kinds) {
        const std::size_t room = dump_page - read;
        for (const cluster::Value& value : cluster.values(std::string(kind), request.after, room)) {
            ++read;
            last = value.key;
            if (value.text) {
                std::string sealed;
                etcd::append_base64(sealed, records.put(value, now_milliseconds()).value);
                values.push_back(Json{{"key", value.key}, {"sealed", std::move(sealed)}});
            }
        }
        if (read == dump_page) {
            break;
        }
    }
    Json body{{"values", std::move(values)}};
    if (!last.empty()) {
        body["next"] = last;
    }
    return {200, std::move(body)};
}

Answer restore_values(peers::Cluster& cluster, const admin::ClusterRestoreRequest& request) {
    const ValueRecords records = dump_records(cluster);
    std::size_t restored = 0;
    std::size_t ended = 0;
    std::size_t refused = 0;
    for (const auto& [key, sealed] : request.values) {
        const auto bytes = etcd::decode_base64(sealed);
        const auto record = bytes && is_dumped(key) ? records.read({records.etcd_key(key), *bytes}, now_milliseconds())
                                                    : std::optional<ValueRecords::Record>();
        if (record && record->has_ended) {
            ++ended;
        } else if (record && cluster.restore_value(record->value)) {
            ++restored;
        } else {
            ++refused;
        }
    }
    return {200, Json{{"restored", restored}, {"ended", ended}, {"refused", refused}}};
}

}  // namespace ferrotunnel::detail
