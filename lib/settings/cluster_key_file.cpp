#include "ferrotunnel/detail/cluster_key_file.hpp"

#include <string_view>
#include <utility>

#include "ferrotunnel/error.hpp"
#include "runtime/system_random.hpp"
#include "transport/cluster_key.hpp"

namespace ferrotunnel::detail {
namespace {

using transport::ClusterKey;
using transport::ClusterKeys;

constexpr std::string_view file_head =
    "# The key of a cluster: secret, and the same on all of its members. The first key is used to dial, each is\n"
    "# accepted. `ferrotunnel cluster key --help` describes how a key is replaced.\n";

std::string shown(const ClusterKey& key) {
    return "key " + std::to_string(key.number()) + " (" + key.id() + ")";
}

ClusterKeyFile file_of(const ClusterKeys& keys) {
    std::string text;
    text.reserve(file_head.size() + 2 * (transport::cluster_key_length + 1));
    text += file_head;
    keys.first.append_text(text);
    text += '\n';
    if (keys.second) {
        keys.second->append_text(text);
        text += '\n';
    }
    return {Secret::from_string(std::move(text)), shown(keys.first), keys.second ? shown(*keys.second) : ""};
}

// The number after that of the old key, so that the order of both shows which step is next.
ClusterKey key_after(const ClusterKey& old, const std::string& path) {
    if (old.number() == ClusterKey::number_max) {
        throw config_error({{path, "has the last key that can be replaced; make a new file"}});
    }
    return {runtime::system_random(), old.number() + 1};
}

// Why this step cannot be made with these keys; empty if it can.
std::string step_fault(const ClusterKeys& keys, ClusterKeyStep step) {
    if (!keys.second) {
        return step == ClusterKeyStep::add ? "" : "has one key only, so none is being replaced; --rotate adds one";
    }
    const bool is_changed = keys.first.number() > keys.second->number();
    switch (step) {
        case ClusterKeyStep::add:
            return "already has two keys; " +
                   std::string(is_changed ? "--finish removes the old one" : "--switch is the next step");
        case ClusterKeyStep::change:
            return is_changed ? "is switched to its new key already; --finish is the next step" : "";
        case ClusterKeyStep::finish:
            return is_changed ? "" : "still has its old key first; --switch is the next step, for all members";
    }
    return {};
}

}  // namespace

ClusterKeyFile new_cluster_key_file() {
    return file_of({ClusterKey(runtime::system_random(), 1), std::nullopt});
}

ClusterKeyFile next_cluster_key_file(const std::string& path, ClusterKeyStep step) {
    const auto keys = transport::read_cluster_keys(path);
    if (!keys) {
        throw config_error({{path, keys.error()}});
    }
    if (std::string fault = step_fault(*keys, step); !fault.empty()) {
        throw config_error({{path, std::move(fault)}});
    }
    switch (step) {
        case ClusterKeyStep::add:
            return file_of({keys->first, key_after(keys->first, path)});
        case ClusterKeyStep::change:
            return file_of({*keys->second, keys->first});
        case ClusterKeyStep::finish:
            break;
    }
    return file_of({keys->first, std::nullopt});
}

}  // namespace ferrotunnel::detail
