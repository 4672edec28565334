// The handles of certificates, keys, CAs and pins from memory.
#include "ferrotunnel/credential.hpp"

#include <utility>

#include "ferrotunnel/error.hpp"
#include "transport/certificate.hpp"
#include "transport/credential_state.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel {
namespace {

[[noreturn]] void refuse_credential(const char* kind, const std::string& why) {
    throw config_error(std::vector<Problem>{{kind, why}});
}

constexpr const char* credential_key = "credential";
constexpr const char* trust_key = "trust";

// Takes over the present value of `with`, unless `why_not` has a reason against it.
template <typename State, typename WhyNot>
void replace_live(const char* kind, const std::shared_ptr<State>& state, const std::shared_ptr<State>& with,
                  const WhyNot& why_not) {
    if (!state || !with) {
        refuse_credential(kind, state ? "cannot be replaced by an empty one" : "is empty, so it cannot be replaced");
    }
    const auto next = with->current();
    std::string fault = why_not(*next);
    if (fault.empty()) {
        fault = state->replace(next);
    }
    if (!fault.empty()) {
        refuse_credential(kind, fault);
    }
}

}  // namespace

Credential Credential::from_pem(std::string chain, Secret key, Secret password) {
    try {
        return Credential(std::make_shared<transport::CredentialState>(transport::parse_credential(
            std::move(chain), key.reveal(), password.reveal(), std::chrono::system_clock::now())));
    } catch (const transport::TlsConfigError& problem) {
        refuse_credential(credential_key, problem.what());
    }
}

void Credential::replace(const Credential& with) {
    replace_live(credential_key, state_, with.state_, [](const transport::LoadedCertificate& next) {
        const std::string fault = transport::date_fault(next, std::chrono::system_clock::now());
        return fault.empty() ? fault : "the certificate " + fault;
    });
}

std::string Credential::pin() const {
    return state_ ? transport::fingerprint_text(transport::key_digest(state_->current()->certificate.get())) : "";
}

std::vector<std::string> Credential::hosts() const {
    return state_ ? state_->current()->hosts : std::vector<std::string>();
}

std::chrono::system_clock::time_point Credential::expires() const {
    return state_ ? state_->current()->not_after : std::chrono::system_clock::time_point();
}

namespace {

std::shared_ptr<transport::TrustState> make_trust(std::string pem, const std::vector<std::string>& pins) {
    try {
        return std::make_shared<transport::TrustState>(
            transport::parse_trust(std::move(pem), pins, std::chrono::system_clock::now()));
    } catch (const transport::TlsConfigError& problem) {
        refuse_credential(trust_key, problem.what());
    }
}

}  // namespace

Trust Trust::authorities(std::string pem, const std::vector<std::string>& pins) {
    if (pem.empty()) {
        refuse_credential(trust_key, "the CAs' text contains no certificate in PEM form");
    }
    return Trust(make_trust(std::move(pem), pins));
}

Trust Trust::pins(const std::vector<std::string>& pins) {
    if (pins.empty()) {
        refuse_credential(trust_key, "needs at least one pin");
    }
    return Trust(make_trust({}, pins));
}

void Trust::replace(const Trust& with) {
    replace_live(trust_key, state_, with.state_, [this](const transport::TrustAnchors& next) {
        return state_->current()->has_same_parts(next)
                   ? std::string()
                   : std::string("can only be replaced by one with the same parts: CAs, pins, or both");
    });
}

bool Trust::has_authorities() const noexcept {
    return state_ && !state_->current()->authorities.empty();
}

bool Trust::has_pins() const noexcept {
    return state_ && !state_->current()->pins.empty();
}

}  // namespace ferrotunnel
