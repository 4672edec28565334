#include "cluster/probes.hpp"

namespace ferrotunnel::cluster {

bool Probes::ask(MemberIndex member, const Claim& claim, const Asker& asker) {
    const auto found = ids_.find({member, claim.owner});
    if (found != ids_.end()) {
        probes_.at(found->second).askers.insert(asker);
        return true;
    }
    if (counts_[member] >= limits::probes_max) {
        return false;
    }
    ++counts_[member];
    ids_.emplace(std::pair(member, claim.owner), ++last_);
    probes_.emplace(last_, Probe{member, claim.owner, claim.name, claim.since, {asker}});
    mail_.send(member, cluster::Probe{last_, claim.name, claim.owner});
    return true;
}

void Probes::withdraw(MemberIndex member, const Owner& owner, const Asker& asker) {
    const auto found = ids_.find({member, owner});
    if (found != ids_.end()) {
        probes_.at(found->second).askers.erase(asker);
    }
}

void Probes::granted_again(MemberIndex member, const Name& name, const Owner& owner) {
    const auto found = ids_.find({member, owner});
    if (found != ids_.end() && probes_.at(found->second).name == name) {
        probes_.at(found->second).since = 0;
    }
}

std::optional<Probes::Probe> Probes::answered(MemberIndex member, RequestId id) {
    const auto found = probes_.find(id);
    return found == probes_.end() || found->second.member != member ? std::nullopt : std::optional(take(found));
}

std::optional<Probes::Probe> Probes::link_lost(MemberIndex member) {
    const auto found = ids_.lower_bound({member, Owner{}});
    return found == ids_.end() || found->first.first != member ? std::nullopt
                                                               : std::optional(take(probes_.find(found->second)));
}

Probes::Probe Probes::take(Probing::iterator probe) {
    Probe taken = std::move(probe->second);
    --counts_[taken.member];
    ids_.erase({taken.member, taken.owner});
    probes_.erase(probe);
    return taken;
}

}  // namespace ferrotunnel::cluster
