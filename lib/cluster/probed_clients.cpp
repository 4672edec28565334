#include "cluster/probed_clients.hpp"

#include <string>

namespace ferrotunnel::cluster {

Violation ProbedClients::probe(MemberIndex from, const Probe& probe, TimePoint now) {
    if (open_[from] >= limits::probes_max) {
        return "it has more than " + std::to_string(limits::probes_max) + " probes without an answer";
    }
    ++open_[from];
    const bool is_held = claimant_.holds(probe.name, probe.owner);
    const Requests::Request* const at_store = is_held ? nullptr : claimant_.at_store(probe.name, probe.owner);
    const bool has_just_asked = at_store != nullptr && !at_store->claims.empty();
    if (has_just_asked || (!is_held && at_store == nullptr)) {
        context_.mail.send(from, Probed{probe.request, has_just_asked});
        return std::nullopt;
    }
    // Of a name that nobody wants any more, the store's answer is awaited: before that, the home would only ask again.
    probes_.emplace(++last_, Asked{from, probe.request, now + limits::probe_time});
    if (is_held) {
        context_.effects.emplace_back(ProbeClient{last_, probe.name, probe.owner});
    }
    return std::nullopt;
}

void ProbedClients::answered(std::uint64_t id, bool answers) {
    if (const auto node = probes_.extract(id)) {
        context_.mail.send(node.mapped().home, Probed{node.mapped().request, answers});
    }
}

void ProbedClients::link_lost(MemberIndex home) {
    open_[home] = 0;
    std::erase_if(probes_, [home](const auto& probe) { return probe.second.home == home; });
}

void ProbedClients::tick(TimePoint now) {
    while (next_deadline() <= now && !probes_.empty()) {
        answered(probes_.begin()->first, false);
    }
}

}  // namespace ferrotunnel::cluster
