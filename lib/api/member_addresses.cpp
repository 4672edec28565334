#include "api/member_addresses.hpp"

#include <optional>
#include <utility>

#include "net/host_port.hpp"

namespace ferrotunnel::detail {
namespace {

std::string public_key_of(const std::string& member) {
    return "public/" + member;
}

std::vector<std::string> names_of(const std::vector<ClusterPeer>& peers) {
    std::vector<std::string> names;
    names.reserve(peers.size());
    for (const ClusterPeer& peer : peers) {
        names.push_back(peer.name);
    }
    return names;
}

}  // namespace

MemberAddresses::MemberAddresses(const Cluster& cluster, std::shared_ptr<directory::ClusterValues> values)
    : own_(cluster.name), others_(names_of(cluster.peers)), values_(std::move(values)) {
    set_own(cluster.public_address);  // also if it is empty: in an earlier life it may have had one
}

void MemberAddresses::set_own(const std::string& address) {
    if (!values_) {
        return;
    }
    if (address.empty()) {
        values_->remove(public_key_of(own_));
    } else {
        values_->set(public_key_of(own_), address, Duration::zero());
    }
}

wire::ClusterPart MemberAddresses::part() const {
    wire::ClusterPart part;
    part.member = own_;
    std::size_t room = public_addresses_bytes_max;
    for (const std::string& other : others_) {
        const std::string& address = part.others.emplace_back(wire::ClusterPart::Member{other, address_of(other, room)}).address;
        room -= address.size();
    }
    return part;
}

// What another member says is not trusted.
std::string MemberAddresses::address_of(const std::string& member, std::size_t room) const {
    const std::optional<std::string> told = values_ ? values_->get(public_key_of(member)) : std::nullopt;
    const bool is_valid = told && told->size() <= room && net::parse_host_port(*told);
    return is_valid ? *told : std::string();
}

}  // namespace ferrotunnel::detail
