#include "api/member_addresses.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "net/host_port.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr const char* public_addresses = "public/";

std::vector<std::string> names_of(const std::vector<ClusterPeer>& peers) {
    std::vector<std::string> names;
    names.reserve(peers.size());
    for (const ClusterPeer& peer : peers) {
        names.push_back(peer.name);
    }
    return names;
}

}  // namespace

std::shared_ptr<MemberAddresses> MemberAddresses::make(const Cluster& cluster,
                                                       std::shared_ptr<session::ServerShared> shared, Others others) {
    if (!others) {
        others = [names = names_of(cluster.peers)] { return names; };
    }
    std::shared_ptr<MemberAddresses> made(new MemberAddresses(cluster, std::move(shared), std::move(others)));
    if (directory::ClusterValues* const values = made->shared_->values.get()) {
        made->set_own(cluster.public_address);  // also if it is empty: the process before may have had one
        values->watch(public_addresses, [weak = std::weak_ptr(made)](const auto&, const auto&) {
            if (const auto addresses = weak.lock()) {
                addresses->publish();
            }
        });
    }
    made->publish();
    return made;
}

MemberAddresses::MemberAddresses(const Cluster& cluster, std::shared_ptr<session::ServerShared> shared, Others others)
    : own_(cluster.name), others_(std::move(others)), shared_(std::move(shared)) {}

void MemberAddresses::set_own(const std::string& address) {
    if (!shared_->values) {
        return;
    }
    if (address.empty()) {
        (void)shared_->values->remove(public_addresses + own_);
    } else {
        (void)shared_->values->set(public_addresses + own_, address, Duration::zero());
    }
}

std::vector<std::string> MemberAddresses::named() const {
    std::vector<std::string> names = others_();
    if (names.size() > limits::cluster_others_max) {
        std::sort(names.begin(), names.end());
        std::rotate(names.begin(), std::upper_bound(names.begin(), names.end(), own_), names.end());
        names.resize(limits::cluster_others_max);
    }
    return names;
}

void MemberAddresses::publish() {
    const MutexLock lock(mutex_);
    auto part = std::make_shared<wire::ClusterPart>();
    part->member = own_;
    for (const std::string& other : named()) {
        part->others.push_back({other, address_of(other)});
    }
    shared_->cluster_part = std::shared_ptr<const wire::ClusterPart>(std::move(part));
}

// What another member says is not trusted.
std::string MemberAddresses::address_of(const std::string& member) const {
    const auto told = shared_->values ? shared_->values->get(public_addresses + member) : std::nullopt;
    const bool is_valid = told && told->text.size() <= limits::cluster_address_max && net::parse_host_port(told->text);
    return is_valid ? told->text : std::string();
}

}  // namespace ferrotunnel::detail
