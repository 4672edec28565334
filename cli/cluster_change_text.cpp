#include "cluster_change_text.hpp"

#include <string_view>

#include "printable.hpp"

namespace ferrotunnel::cli {
namespace {

// `decides` is empty for members that are not linked.
std::string names_of(const Json& members, std::string_view decides) {
    std::string names;
    for (const Json& member : members) {
        if (raw_text_in(member, "decides") == decides) {
            names += (names.empty() ? "" : ", ") + text_in(member, "name");
        }
    }
    return names;
}

std::string line(std::string_view what, const std::string& why_not) {
    return std::string(what) +
           (why_not.empty() ? " now, on one server after the other\n" : " later: " + why_not + "\n");
}

}  // namespace

std::string cluster_change_text(const Json& answer) {
    if (raw_text_in(answer, "decides") != "both") {
        return {};
    }
    const Json& members = member_of(answer, "members");
    const Json& store = member_of(answer, "store");
    const std::string apart = names_of(members, "");
    const std::string without = names_of(members, "servers");
    const std::string only = names_of(members, "etcd");
    const std::string not_linked = apart.empty() ? "" : apart + " not linked";
    std::string to_etcd = not_linked;
    if (!without.empty()) {
        to_etcd = without + " without etcd";
    } else if (to_etcd.empty() && member_of(store, "in_order") != true) {
        to_etcd = "etcd cannot be asked";
    } else if (to_etcd.empty() && number_in(answer, "waiting") + number_in(store, "waiting") != 0) {
        to_etcd = "names wait to be confirmed";
    }
    return line("etcd_homes can be removed", to_etcd) +
           line("etcd can be removed", only.empty() ? not_linked : only + " without etcd_homes");
}

}  // namespace ferrotunnel::cli
