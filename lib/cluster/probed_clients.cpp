#include "cluster/probed_clients.hpp"

#include <string>

namespace ferrotunnel::cluster {

Violation ProbedClients::probe(MemberIndex from, const Probe& probe, TimePoint now) {
    if (open_[from] >= limits::probes_max) {
        return "it has more than " + std::to_string(limits::probes_max) + " probes without an answer";
    }
    ++open_[from];
    const Holdings::Holding* const holding = holdings_.find(probe.name);
    if (holding == nullptr || holding->claim.owner != probe.owner) {
        context_.mail.send(from, Probed{probe.request, false});
        return std::nullopt;
    }
    probes_.emplace(++last_, Asked{from, probe.request, now + limits::probe_time});
    context_.effects.emplace_back(ProbeClient{last_, probe.name, probe.owner});
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
