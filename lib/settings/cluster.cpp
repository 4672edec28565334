#include "settings/cluster.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "cluster/limits.hpp"
#include "cluster/members.hpp"
#include "http/characters.hpp"
#include "net/host_port.hpp"
#include "runtime/address.hpp"
#include "settings/cluster_etcd.hpp"
#include "settings/listen_addresses.hpp"
#include "settings/rows.hpp"
#include "settings/section_reader.hpp"
#include "transport/cluster_key.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Value;

static_assert(cluster_peers_max + 1 == cluster::limits::members_max);

constexpr std::string_view member_name_expected =
    " is not a valid name of a member; expected 1 to 63 lower-case letters, digits, \"-\" and \"_\", like fra-1";

constexpr std::array settings_of_cluster{
    Setting<Cluster>{{.key = "name",
                      .form = Form::word,
                      .type = "member name",
                      .help = "Name of this server in the cluster, which the other members have in their `peers`. "
                              "Required."},
                     &Cluster::name},
    Setting<Cluster>{{.key = "listen",
                      .form = Form::word,
                      .type = "IP address with port",
                      .help = "Listen address for other members; the default port is 7838. It belongs in a private "
                              "network or behind a firewall."},
                     &Cluster::listen},
    Setting<Cluster>{
        {.key = "address",
         .form = Form::word,
         .type = "address",
         .help = "Where other members connect to this one, which they read in etcd; the default port is 7838. "
                 "Without `etcd` it has no effect.",
         .default_text = "`listen`, if that has one address and a port; otherwise it is required with `etcd`, unless "
                         "all members have all others in `peers`"},
        &Cluster::address},
    Setting<Cluster>{{.key = "key",
                      .form = Form::path,
                      .help = "File with the key of the cluster, the same on all members, as `ferrotunnel cluster key` "
                              "makes it; only its owner may read it, or its mode is 0440. Required.",
                      .is_live = true},
                     &Cluster::key},
    Setting<Cluster>{{.key = "peers",
                      .type = cluster_peers_type,
                      .help = "The other members, 1 to 15: the name of each, and the address where it listens; the "
                              "default port is 7838. Required, unless there is `etcd`."},
                     {},
                     [](const Cluster& a, const Cluster& b) { return a.peers == b.peers; },
                     [](Cluster& into, const Cluster& from) { into.peers = from.peers; }},
    Setting<Cluster>{
        {.key = "public",
         .form = Form::word,
         .type = "address",
         .help = "Where clients reach this member; the default port is 7835. All members tell it to their "
                 "clients, which are connected to two of them. See \"Clients at two servers\" in scale.md.",
         .default_text = "none; then only clients that name this member in `client.server` use it as a "
                         "second one",
         .is_live = true},
        &Cluster::public_address},
    Setting<Cluster>{
        {.key = "etcd",
         .form = Form::words,
         .type = "http or https URL, or a list",
         .help = "Members of an etcd 3.5 or later, up to 16, like https://10.0.0.1:2379: it decides who gets "
                 "a name, instead of the members. The same on all members. See \"Etcd\" in scale.md.",
         .default_text = "none; the members decide"},
        &Cluster::etcd},
    Setting<Cluster>{{.key = "etcd_homes",
                      .form = Form::on_off,
                      .help = "Ask the other members about names as well as etcd: for the time in which a cluster "
                              "changes to `etcd`, or back. See \"From a list to etcd\" in scale.md."},
                     &Cluster::etcd_homes},
    Setting<Cluster>{
        {.key = "etcd_prefix",
         .form = Form::word,
         .type = "text",
         .help = "What all keys in etcd begin with: the same on all members, and different for each cluster "
                 "that uses the etcd."},
        &Cluster::etcd_prefix},
    Setting<Cluster>{{.key = "etcd_user",
                      .form = Form::word,
                      .type = "text",
                      .help = "User of etcd that may read and write keys with the prefix.",
                      .default_text = "none; no login"},
                     &Cluster::etcd_user},
    Setting<Cluster>{
        {.key = "etcd_password_file",
         .form = Form::path,
         .help = "File with the user's password; only its owner may read it, or its mode is 0440. Required "
                 "with `etcd_user`."},
        &Cluster::etcd_password_file},
    Setting<Cluster>{{.key = "etcd_ca_file",
                      .form = Form::path,
                      .help = "CAs to verify the connections to etcd against, PEM.",
                      .default_text = "the system's CAs"},
                     &Cluster::etcd_ca_file},
    Setting<Cluster>{{.key = "etcd_chain",
                      .form = Form::path,
                      .help = "Certificate with its intermediates, PEM, for an etcd that demands one; with `etcd_key`.",
                      .default_text = "none"},
                     &Cluster::etcd_chain},
    Setting<Cluster>{
        {.key = "etcd_key", .form = Form::path, .help = "Private key of `etcd_chain`, PEM.", .default_text = "none"},
        &Cluster::etcd_key},
    Setting<Cluster>{{.key = "control",
                      .form = Form::on_off,
                      .help = "Accept requests of the control API that other members forward, as `ferrotunnel drain "
                              "--server NAME` at one of them sends. `off`: only this server's own control socket and "
                              "dashboard are used.",
                      .is_live = true},
                     &Cluster::control},
};

std::string key_of_peer(const ClusterPeer& peer) {
    return joined_path("cluster.peers", peer.name);
}

// --- the check ---

void check_own(Cluster& cluster, std::vector<Problem>& problems) {
    if (cluster.name.empty()) {
        problems.push_back({"cluster.name", "is missing; expected the name of this server in the cluster, like a"});
    } else if (!cluster::is_member_name(cluster.name)) {
        problems.push_back({"cluster.name", in_quotes(cluster.name) + std::string(member_name_expected)});
    }
    if (const auto at = listening_address(cluster.listen, default_cluster_port); !at.empty()) {
        cluster.listen = at.text();
    } else {
        problems.push_back(
            {"cluster.listen", net::quoted_address_fault(cluster.listen,
                                                         "is not a valid address to listen on; expected one like "
                                                         "10.0.0.1:7838")});
    }
    if (cluster.key.empty()) {
        problems.push_back(
            {"cluster.key", "is missing; expected the file that `ferrotunnel cluster key FILE` has made"});
    } else if (const auto keys = transport::read_cluster_keys(cluster.key); !keys) {
        problems.push_back({"cluster.key", "the file " + in_quotes(cluster.key) + " cannot be used: " + keys.error()});
    }
}

// With etcd others find this member there, or have it in their lists.
void check_address(Cluster& cluster, std::vector<Problem>& problems) {
    if (cluster.address.empty()) {
        if (!cluster.etcd.empty() && cluster.peers.empty() && !announced_address(cluster)) {
            problems.push_back(
                {"cluster.address",
                 "is missing; expected where other members connect to this one, like 10.0.0.1:7838, since "
                 "cluster.listen does not have one address with a port"});
        }
        return;
    }
    const auto place = net::parse_host_port(cluster.address, default_cluster_port);
    const bool is_there = place && !place->host.empty() && place->port != 0;
    const auto address = is_there ? runtime::SocketAddress::from_ip(place->host, 0) : std::nullopt;
    if (!is_there || (address && address->is_unspecified())) {
        problems.push_back({"cluster.address", net::quoted_address_fault(
                                                   cluster.address,
                                                   "is not a valid address for other members to connect to; expected "
                                                   "one like 10.0.0.1:7838")});
        return;
    }
    cluster.address = net::to_text(*place);
}

// An address that clients can connect to, from wherever they are.
void check_public(Cluster& cluster, std::vector<Problem>& problems) {
    if (cluster.public_address.empty()) {
        return;
    }
    const auto place = net::parse_host_port(cluster.public_address, default_control_port);
    const bool is_there = place && !place->host.empty() && place->port != 0;
    const auto address = is_there ? runtime::SocketAddress::from_ip(place->host, 0) : std::nullopt;
    if (!is_there || (address && address->is_unspecified())) {
        problems.push_back(
            {"cluster.public", net::quoted_address_fault(cluster.public_address,
                                                         "is not a valid address for clients to connect to; expected "
                                                         "one like a.example.com:7835")});
        return;
    }
    cluster.public_address = net::to_text(*place);
}

void check_peer_address(ClusterPeer& peer, std::map<std::string, std::string>& names_by_address,
                        std::vector<Problem>& problems) {
    const auto place = net::parse_host_port(peer.address, default_cluster_port);
    if (!place || place->host.empty() || place->port == 0) {
        problems.push_back(
            {key_of_peer(peer), net::quoted_address_fault(peer.address,
                                                          "is not a valid address of a member; expected one like "
                                                          "b.example.com:7838")});
        return;
    }
    peer.address = net::to_text(*place);
    std::string compared = peer.address;
    std::ranges::transform(compared, compared.begin(), http::lower_case);
    const auto [known, is_new] = names_by_address.emplace(std::move(compared), peer.name);
    if (!is_new) {
        problems.push_back({key_of_peer(peer), in_quotes(peer.address) + " is the address of " +
                                                   in_quotes(known->second) +
                                                   " already; expected a different one "
                                                   "for each member"});
    }
}

void check_peers(Cluster& cluster, std::vector<Problem>& problems) {
    const std::string key = "cluster.peers";
    if (cluster.peers.empty()) {
        if (!cluster.etcd.empty() && !cluster.etcd_homes) {
            return;
        }
        problems.push_back(
            {key, "is missing; expected the other members with their addresses, like {b: b.example.com:7838}"});
    } else if (cluster.peers.size() > cluster_peers_max) {
        problems.push_back({key, "has " + std::to_string(cluster.peers.size()) + " members; expected 1 to " +
                                     std::to_string(cluster_peers_max) + " others than this one"});
        return;
    }
    std::set<std::string> names;
    std::map<std::string, std::string> names_by_address;
    for (ClusterPeer& peer : cluster.peers) {
        if (!cluster::is_member_name(peer.name)) {
            problems.push_back({key_of_peer(peer), in_quotes(peer.name) + std::string(member_name_expected)});
        } else if (peer.name == cluster.name) {
            problems.push_back({key_of_peer(peer),
                                in_quotes(peer.name) + " is the name of this server; expected the other members only"});
        } else if (!names.insert(peer.name).second) {
            problems.push_back({key, "has two members called " + in_quotes(peer.name)});
        }
        check_peer_address(peer, names_by_address, problems);
    }
}

// Without a cluster, its settings must have their defaults.
void check_no_cluster(const Cluster& cluster, std::vector<Problem>& problems) {
    const Cluster initial;
    for (const auto& setting : cluster_settings()) {
        if (!is_same(setting, cluster, initial)) {
            problems.push_back({problem_path_of(cluster_place, setting), "has no meaning without cluster"});
        }
    }
}

}  // namespace

std::optional<net::HostPort> announced_address(const Cluster& cluster) {
    if (!cluster.address.empty()) {
        return net::parse_host_port(cluster.address, default_cluster_port);
    }
    const runtime::SocketAddress listens = listening_address(cluster.listen, default_cluster_port);
    if (listens.empty() || listens.is_unspecified() || listens.port() == 0) {
        return std::nullopt;
    }
    return net::parse_host_port(listens.text());
}

std::span<const Setting<Cluster>> cluster_settings() noexcept {
    return settings_of_cluster;
}

void read_cluster_sections(SectionReader& reader, ServerValues& settings, ConfigReading& reading) {
    constexpr GroupPlace peers_place{"cluster.peers", "cluster.peers"};
    settings.has_cluster = reader.group({}).has("cluster");
    if (!settings.cluster.key.empty()) {
        reading.file.files.push_back(settings.cluster.key);  // a change of the key is noticed like one of a token
    }
    const auto peers = reader.find(cluster_place, "peers");
    if (!peers) {
        return;
    }
    if (!peers->is_group()) {
        peers->unexpected("the other members with their addresses, like {b: b.example.com:7838}");
        return;
    }
    for (const auto& [name, value] : reader.group(peers_place).all()) {
        (void)reader.find(peers_place, name);  // keeps its place, for problems
        if (auto address = value.word()) {
            settings.cluster.peers.push_back({name, std::move(*address)});
        }
    }
}

void check_cluster(ServerSettings& settings, std::vector<Problem>& problems) {
    if (!settings.has_cluster) {
        check_no_cluster(settings.cluster, problems);
        return;
    }
    check_own(settings.cluster, problems);
    check_address(settings.cluster, problems);
    check_public(settings.cluster, problems);
    check_peers(settings.cluster, problems);
    check_cluster_etcd(settings.cluster, problems);
}

}  // namespace ferrotunnel::detail
