#include "cluster/probes.hpp"

namespace ferrotunnel::cluster {

bool Probes::ask(MemberIndex member, const Owner& owner, const Name& name, const Asker& asker, TimePoint now) {
    const auto found = ids_.find({member, owner});
    if (found != ids_.end()) {
        probes_.at(found->second).part.askers.insert(asker);
        return true;
    }
    if (unanswered_[member] >= limits::probes_max) {
        return false;
    }
    ++unanswered_[member];
    ids_.emplace(std::pair(member, owner), ++last_);
    probes_.emplace(last_, Probe{{member, owner, name, {asker}}, now + limits::probe_time});
    mail_.send(member, cluster::Probe{last_, name, owner});
    return true;
}

void Probes::withdraw(MemberIndex member, const Owner& owner, const Asker& asker) {
    const auto found = ids_.find({member, owner});
    if (found != ids_.end()) {
        probes_.at(found->second).part.askers.erase(asker);
    }
}

std::optional<Probes::Finished> Probes::answered(MemberIndex member, RequestId id) {
    unanswered_[member] -= unanswered_[member] == 0 ? 0 : 1;
    const auto found = probes_.find(id);
    return found == probes_.end() || found->second.part.member != member ? std::nullopt : std::optional(take(found));
}

std::optional<Probes::Finished> Probes::due(TimePoint now) {
    return next_deadline() <= now && !probes_.empty() ? std::optional(take(probes_.begin())) : std::nullopt;
}

std::optional<Probes::Finished> Probes::link_lost(MemberIndex member) {
    unanswered_[member] = 0;
    const auto found = ids_.lower_bound({member, Owner{}});
    return found == ids_.end() || found->first.first != member ? std::nullopt
                                                               : std::optional(take(probes_.find(found->second)));
}

Probes::Finished Probes::take(Probing::iterator probe) {
    Finished finished = std::move(probe->second.part);
    ids_.erase({finished.member, finished.owner});
    probes_.erase(probe);
    return finished;
}

}  // namespace ferrotunnel::cluster
