#include "session/server_verdict.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

// Whether another attempt would end in the same way, if the server is right: the user has to act.
bool is_verdict(Code code) {
    return code == Code::unauthorized || code == Code::version || code == Code::superseded;
}

}  // namespace

bool ServerVerdict::is_settled(const trunk::TrunkEnd& end) const noexcept {
    return is_verdict(end.code) && end.proved && (end.code == Code::superseded || !was_accepted_);
}

bool ServerVerdict::is_final(const trunk::TrunkEnd& end) const noexcept {
    return is_settled(end) && (end.code == Code::superseded || !keeps_retrying_);
}

std::string ServerVerdict::explain(const trunk::TrunkEnd& end) const {
    if (end.text.empty()) {
        return "the connection was lost";
    }
    if (!is_verdict(end.code) || is_final(end)) {
        return end.text;
    }
    if (is_settled(end)) {
        return end.text + " The client keeps trying, in case that changes.";
    }
    if (end.proved) {
        return end.text + " The server has accepted this client before, so the client keeps trying.";
    }
    if (end.code == Code::unauthorized) {  // the text already contains it
        return end.text;
    }
    return end.text + " The server has not proved its identity, so the connection may be intercepted.";
}

}  // namespace ferrotunnel::session
