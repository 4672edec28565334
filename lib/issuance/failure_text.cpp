#include "issuance/failure_text.hpp"

namespace ferrotunnel::issuance {
namespace {

// By a way with a connection of the CA.
std::string connection_text(const acme::Problem& problem, std::uint16_t port, const SelfFinding& found) {
    std::string text = problem.text;
    if (!found.unresolved.empty()) {
        text += "; this server could not look the name up, either: " + found.unresolved;
    }
    if (problem.type == "dns") {  // RFC 8555, 6.7: the CA has not connected, so a port does not matter
        return found.unresolved.empty() ? text + "; the name servers of the domain have to answer the CA" : text;
    }
    if (!found.unreachable.empty()) {
        text += "; this server could not reach itself by that name, either (" + found.unreachable + ")";
    }
    return text + "; port " + std::to_string(port) + " has to be reachable from the CA";
}

}  // namespace

WrongAnswer explain_wrong_answer(const SelfCheckResult& found, std::uint16_t port) {
    if (found.verdict == SelfCheckResult::Verdict::occupied) {
        const std::string number = std::to_string(port);
        return {"another program of this machine listens on port " + number,
                "end it (`ss -ltnp 'sport = :" + number +
                    "'` shows it) and restart the server, or let it forward /.well-known/acme-challenge/ to the "
                    "server's `http_bind`"};
    }
    return {"the name leads elsewhere", "its DNS has to lead to this server"};
}

std::string validation_text(const acme::Problem& problem, acme::Way way, const std::string& host,
                            const SelfFinding& found, const Settings& settings) {
    switch (way) {
        case acme::Way::http_01:
            return connection_text(problem, settings.http_port, found);
        case acme::Way::tls_alpn_01:
            return connection_text(problem, settings.tls_port, found);
        case acme::Way::dns_persist_01:
            return problem.text + "; `ferrotunnel acme record " + host + "` prints the right TXT record";
        case acme::Way::dns_01:
            break;
    }
    return problem.text;
}

}  // namespace ferrotunnel::issuance
