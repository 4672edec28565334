// Certificates that the running server orders from CAs: names whose orders fail.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "doctor/limits.hpp"
#include "doctor/server_checks.hpp"
#include "ferrotunnel/control.hpp"

namespace ferrotunnel::cli::doctor {

namespace {

Findings judge_acme(const nlohmann::json& acme) {
    Findings findings;
    for (const nlohmann::json& name : acme.value("problems", nlohmann::json::array())) {
        findings.push_back(warning(
            fmt::format("{}: {}", name.value("name", ""), as_sentence(name.value("problem", ""))),
            "The server repeats the order by itself; `ferrotunnel acme renew` does it now, after the cause is gone."));
    }
    if (findings.empty()) {
        findings.push_back(good(fmt::format("The running server has {} certificates from CAs; no order has failed.",
                                            acme.value("valid", 0))));
    }
    return findings;
}

}  // namespace

Findings check_acme(ServerSubject& at, Deadline /*deadline*/) {
    if (at.running.empty()) {
        return {};
    }
    try {
        const auto status = nlohmann::json::parse(Control(at.running, control_patience).status());
        return status.contains("acme") ? judge_acme(status.at("acme")) : Findings();
    } catch (const control_error&) {
        return {};  // it has ended, or the check of the running server reports why it does not answer
    } catch (const nlohmann::json::exception&) {
        return {};
    }
}

}  // namespace ferrotunnel::cli::doctor
