#include "api/server_cluster.hpp"

#include <array>
#include <optional>
#include <utility>

#include "ferrotunnel/error.hpp"
#include "net/host_port.hpp"
#include "settings/cluster.hpp"
#include "settings/cluster_etcd.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::detail {
namespace {

bool are_same(const transport::ClusterKeys& a, const transport::ClusterKeys& b) {
    return a.first == b.first && a.second == b.second;
}

std::shared_ptr<const directory::StickyKey> sticky_key_by(const transport::ClusterKey& key,
                                                          std::shared_ptr<const directory::StickyKey> accepted) {
    std::array<std::uint8_t, login::Key::size_bytes> secret{};
    key.derive("sticky cookies", secret);
    auto made = std::make_shared<const directory::StickyKey>(login::Key(secret), std::move(accepted));
    login::wipe(secret);
    return made;
}

peers::Links::Settings links_of(const Cluster& cluster, ServerCluster::Keys keys) {
    peers::Links::Settings links;
    links.own = cluster.name;
    for (const ClusterPeer& peer : cluster.peers) {
        const net::HostPort place = *net::parse_host_port(peer.address);  // checked, with a port
        links.peers.push_back({peer.name, place.host, place.port});
    }
    links.keys = std::move(keys);
    return links;
}

}  // namespace

std::shared_ptr<const directory::StickyKey> sticky_key_of(const transport::ClusterKeys& keys) {
    return sticky_key_by(keys.first, keys.second ? sticky_key_by(*keys.second, nullptr) : nullptr);
}

// What the cluster has put into the shared state refers to it.
ServerCluster::~ServerCluster() {
    needs_.shared->find_remote = nullptr;
    needs_.shared->port_note = nullptr;
    needs_.shared->cluster_part = nullptr;
    needs_.shared->claims = nullptr;
    quotas_.reset();
    needs_.shared->values = nullptr;
}

runtime::Fd ServerCluster::open(const ServerSettings& settings, std::error_code& error, std::string& what) {
    keys_ = nullptr;
    if (!settings.has_cluster) {
        return {};
    }
    auto keys = transport::read_cluster_keys(settings.cluster.key);
    if (!keys) {
        what = "read the cluster's key from " + settings.cluster.key + ": " + keys.error();
        error = errc::invalid_argument;
        return {};
    }
    runtime::Fd listener = needs_.listeners.open(settings.cluster.listen, Endpoint::cluster, error);
    if (!listener) {
        what = "listen for members of the cluster on " + settings.cluster.listen;
        return listener;
    }
    keys_ = std::make_shared<const transport::ClusterKeys>(*std::move(keys));
    try {
        needs_.shared->sticky_key = sticky_key_of(*keys_);
    } catch (const transport::TlsConfigError& problem) {
        what = std::string("derive the key of sticky cookies: ") + problem.what();
        error = errc::internal;
        return {};
    }
    return listener;
}

std::error_code ServerCluster::create(const ServerSettings& settings, std::string& what) {
    std::shared_ptr<peers::Cluster> made;
    std::optional<peers::StorePlace> store;
    if (keys_ && !settings.cluster.etcd.empty()) {
        auto place = store_access(settings.cluster);
        if (!place) {
            what = "prepare the connections to etcd: " + place.error();
            return errc::invalid_argument;
        }
        store = peers::StorePlace{std::move(place->settings), std::move(place->to), settings.cluster.etcd_homes,
                                  announced_address(settings.cluster)};
    }
    // Made after the cluster, and called once that has started.
    const auto addresses = std::make_shared<std::weak_ptr<MemberAddresses>>();
    if (keys_) {
        try {
            made = std::make_shared<peers::Cluster>(
                links_of(settings.cluster, keys_),
                peers::Cluster::Needs{needs_.workers, needs_.shared, needs_.edge.front(), needs_.log, needs_.random,
                                      needs_.announce,
                                      [&control = needs_.control](const std::string& member, runtime::Fd socket) {
                                          control.serve_member(member, std::move(socket));
                                      },
                                      std::move(store), needs_.values_read,
                                      [addresses] {
                                          if (const auto of_members = addresses->lock()) {
                                              of_members->publish();
                                          }
                                      }});
            needs_.control.open_to_members();
            allow_control(settings.cluster.control);
        } catch (const transport::TlsConfigError& problem) {
            what = std::string("prepare the links of the cluster: ") + problem.what();
            return errc::internal;
        }
        addresses_ = MemberAddresses::make(settings.cluster, needs_.shared, [of = std::weak_ptr(made)] {
            const auto cluster = of.lock();
            return cluster ? cluster->other_members() : std::vector<std::string>();
        });
        *addresses = addresses_;
        if (needs_.shared->values) {
            quotas_ = std::make_unique<SharedQuotas>(needs_.workers.at(0), needs_.shared);
        }
    }
    const MutexLock lock(mutex_);
    cluster_.swap(made);
    return {};
}

void ServerCluster::start(runtime::Fd listener) {
    const std::shared_ptr<peers::Cluster> cluster = get();
    if (!cluster) {
        return;
    }
    const runtime::SocketAddress at = needs_.listeners.announce(listener, Endpoint::cluster);
    needs_.log.info("listening for members of the cluster",
                    {{"at", at.text()}, {"member", cluster->state().own}, {"key", keys_->first.id()}});
    if (quotas_) {
        quotas_->start();
    }
    cluster->start(std::move(listener));
}

ServerCluster::Keys ServerCluster::changed_keys(const ServerSettings& settings) const {
    if (!get()) {
        return nullptr;
    }
    auto keys = transport::read_cluster_keys(settings.cluster.key);
    if (!keys) {
        throw config_error(
            {{"cluster.key", "the file \"" + settings.cluster.key + "\" cannot be used: " + keys.error()}});
    }
    return are_same(*keys, *keys_) ? nullptr : std::make_shared<const transport::ClusterKeys>(*std::move(keys));
}

void ServerCluster::set_keys(Keys keys) {
    const std::shared_ptr<peers::Cluster> cluster = get();
    if (!cluster) {
        return;
    }
    try {
        cluster->set_keys(keys);
    } catch (const transport::TlsConfigError& problem) {
        needs_.log.error("the cluster's changed key cannot be used; the one before stays", {{"why", problem.what()}});
        return;
    }
    needs_.log.info("new links of the cluster use the changed key file", {{"key", keys->first.id()}});
    keys_ = std::move(keys);
}

void ServerCluster::set_public(const std::string& address) {
    if (addresses_) {
        addresses_->set_own(address);
    }
}

std::shared_ptr<peers::Cluster> ServerCluster::get() const {
    const MutexLock lock(mutex_);
    return cluster_;
}

std::uint64_t ServerCluster::visitors() const {
    const std::shared_ptr<peers::Cluster> cluster = get();
    std::uint64_t visitors = 0;
    if (cluster) {
        for (const peers::ClusterState::Member& member : cluster->state().members) {
            visitors += member.streams;
        }
    }
    return visitors;
}

void ServerCluster::drain() noexcept {
    if (const std::shared_ptr<peers::Cluster> cluster = get()) {
        cluster->drain();
    }
}

void ServerCluster::freeze() noexcept {
    if (const std::shared_ptr<peers::Cluster> cluster = get()) {
        cluster->freeze();
    }
}

void ServerCluster::hand_over() noexcept {
    if (const std::shared_ptr<peers::Cluster> cluster = get()) {
        cluster->hand_over();
    }
}

void ServerCluster::stop() noexcept {
    if (quotas_) {
        quotas_->stop();
    }
    if (const std::shared_ptr<peers::Cluster> cluster = get()) {
        cluster->stop();
    }
}

}  // namespace ferrotunnel::detail
