#include "simulation/cluster/cluster_text.hpp"

#include <variant>

namespace ferrotunnel::simulation {

namespace cluster = ferrotunnel::cluster;

namespace {

struct MessageText {
    std::string operator()(const cluster::Hello& hello) const {
        return hello.recovering ? "hello, it recovers" : "hello";
    }
    std::string operator()(const cluster::SyncBegin&) const { return "sync_begin"; }
    std::string operator()(const cluster::SyncEnd&) const { return "sync_end"; }
    std::string operator()(const cluster::Have& have) const {
        std::string text = "have" + (have.of ? " of " + *have.of : "");
        for (const cluster::Claim& claim : have.claims) {
            text += "; " + claim.name.text() + " (" + cluster_text(claim.owner) + ", since " +
                    std::to_string(claim.since) + (claim.over == 0 ? "" : ", over " + std::to_string(claim.over)) +
                    (claim.provisional ? ", provisional)" : ")");
        }
        return text;
    }
    std::string operator()(const cluster::Reserved& reserved) const {
        std::string text = "reserved";
        for (const auto& one : reserved.names) {
            text += "; " + one.name.text() + " for token " + std::to_string(one.token[0]);
        }
        return text;
    }
    std::string operator()(const cluster::Gone& gone) const {
        return "gone " + gone.name.text() + ", since " + std::to_string(gone.since) + ", reserved for " +
               std::to_string(gone.milliseconds) + " ms";
    }
    std::string operator()(const cluster::ClaimRequest& claim) const {
        return "claim " + std::to_string(claim.request) + ": " + claim.name.text() + " (" + cluster_text(claim.owner) +
               ")";
    }
    std::string operator()(const cluster::Cancel& cancel) const { return "cancel " + std::to_string(cancel.request); }
    std::string operator()(const cluster::Granted& granted) const {
        return "granted " + std::to_string(granted.request) + ", since " + std::to_string(granted.since) +
               (granted.over == 0 ? "" : ", over " + std::to_string(granted.over));
    }
    std::string operator()(const cluster::Refused& refused) const {
        return "refused " + std::to_string(refused.request) + ": " + refused.text;
    }
    std::string operator()(const cluster::Probe& probe) const {
        return "probe " + std::to_string(probe.request) + ": " + probe.name.text() + " (" + cluster_text(probe.owner) +
               ")";
    }
    std::string operator()(const cluster::Probed& probed) const {
        return "probed " + std::to_string(probed.request) + (probed.answers ? ": answers" : ": silent");
    }
    std::string operator()(const cluster::Lost& lost) const {
        return "lost " + lost.name.text() + ", since " + std::to_string(lost.since);
    }
    std::string operator()(const cluster::Value& value) const {
        return "value " + value.key + (value.text ? " = " + *value.text : " removed") + " (" + value.member + ", " +
               std::to_string(value.time) +
               (value.milliseconds == 0 ? ")" : ", " + std::to_string(value.milliseconds) + " ms left)");
    }
};

}  // namespace

std::string cluster_text(const cluster::Message& message) {
    return std::visit(MessageText{}, message);
}

}  // namespace ferrotunnel::simulation
