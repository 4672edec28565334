#include "settings/cluster_etcd.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "etcd_client/settings.hpp"
#include "etcd_store/limits.hpp"
#include "settings/plugins.hpp"

namespace ferrotunnel::detail {
namespace {

bool is_prefix(const std::string& prefix) {
    return !prefix.empty() && prefix.size() <= etcd_store::limits::prefix_max &&
           prefix.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") ==
               std::string::npos;
}

// Each of these needs the other one.
void check_pair(const std::string& one, const std::string& other, const char* missing, std::vector<Problem>& problems) {
    if (!one.empty() && other.empty()) {
        problems.push_back({missing, "is missing"});
    }
}

}  // namespace

void check_cluster_etcd(const Cluster& cluster, std::vector<Problem>& problems) {
    const std::size_t before = problems.size();
    if (!is_prefix(cluster.etcd_prefix)) {
        problems.push_back({"cluster.etcd_prefix", in_quotes(cluster.etcd_prefix) +
                                                       " is not a valid prefix; expected 1 to 64 letters, digits, "
                                                       "\"-\", \"_\", \".\" and \"/\", like ferrotunnel/"});
    }
    check_pair(cluster.etcd_user, cluster.etcd_password_file, "cluster.etcd_password_file", problems);
    check_pair(cluster.etcd_password_file, cluster.etcd_user, "cluster.etcd_user", problems);
    check_pair(cluster.etcd_chain, cluster.etcd_key, "cluster.etcd_key", problems);
    check_pair(cluster.etcd_key, cluster.etcd_chain, "cluster.etcd_chain", problems);
    if (cluster.etcd_homes && cluster.etcd.empty()) {
        problems.push_back({"cluster.etcd_homes", "has no meaning without `cluster.etcd`"});
    }
    if (cluster.etcd.empty() || problems.size() != before) {
        return;  // without it the others have no effect
    }
    if (const auto access = store_access(cluster); !access) {
        problems.push_back({"cluster.etcd", access.error()});
    }
}

Result<StoreAccess, std::string> store_access(const Cluster& cluster) {
    StoreAccess access;
    access.settings.prefix = cluster.etcd_prefix;
    access.settings.member = cluster.name;
    etcd::Settings& to = access.settings.client;
    to.endpoints = cluster.etcd;
    to.user = cluster.etcd_user;
    to.ca_file = cluster.etcd_ca_file;
    to.certificate_file = cluster.etcd_chain;
    to.key_file = cluster.etcd_key;
    if (!cluster.etcd_password_file.empty()) {
        auto password = read_secret_file(cluster.etcd_password_file);
        if (!password) {
            return password.error().text;
        }
        to.password = std::move(*password);
    }
    auto destinations = etcd::destinations_of(to);
    if (!destinations) {
        return destinations.error();
    }
    access.to = std::move(*destinations);
    return access;
}

}  // namespace ferrotunnel::detail
