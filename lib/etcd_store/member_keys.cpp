#include "etcd_store/member_keys.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cluster/members.hpp"
#include "etcd/json.hpp"
#include "etcd_store/limits.hpp"

namespace ferrotunnel::etcd_store {

std::string member_prefix(const std::string& prefix) {
    return prefix + "member/";
}

std::string value_of(const MemberValue& member) {
    return nlohmann::json{{"address", net::to_text(member.address)}, {"process", member.process}}.dump();
}

std::optional<MemberValue> read_member_value(std::string_view value) {
    if (value.size() > limits::member_value_max) {
        return {};
    }
    const auto object = etcd::read_json_object(value);
    if (!object) {
        return {};
    }
    const auto address = etcd::text_in(*object, "address");
    const auto process = etcd::text_in(*object, "process");
    const auto place = address ? net::parse_host_port(*address) : std::nullopt;
    const bool is_process =
        process && process->size() == 16 && process->find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!place || place->host.empty() || place->port == 0 || !is_process) {
        return {};
    }
    return MemberValue{*place, *process};
}

std::optional<std::string> member_in_key(std::string_view key, const std::string& prefix) {
    key.remove_prefix(std::min(key.size(), member_prefix(prefix).size()));
    return cluster::is_member_name(key) ? std::optional<std::string>(key) : std::nullopt;
}

}  // namespace ferrotunnel::etcd_store
