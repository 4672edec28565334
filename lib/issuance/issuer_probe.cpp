#include "issuance/issuer_probe.hpp"

#include <array>
#include <cstdint>
#include <utility>

#include "base/hex.hpp"

namespace ferrotunnel::issuance {
namespace {

acme::OrderSettings probe_settings(const std::string& domain, acme::Registration registration, Random& random) {
    std::array<std::uint8_t, 8> drawn{};
    random.fill(drawn);
    acme::OrderSettings settings;
    settings.names = {{acme::Identifier::Type::dns, "probe-" + to_hex(drawn) + "." + domain}};
    settings.ways = {acme::Way::dns_persist_01};
    settings.registration = std::move(registration);
    return settings;
}

}  // namespace

IssuerProbe::IssuerProbe(const Parts& parts, std::shared_ptr<acme::Account> account, const std::string& domain,
                         Done done)
    : parts_(parts),
      account_(std::move(account)),
      key_(acme::Key::make()),
      done_(std::move(done)),
      driver_(parts.network, {[this](const acme::Step& step) { carry_out(step); }},
              probe_settings(domain, parts.accounts.registration(account_->directory_url), parts.random), *account_,
              key_) {}

void IssuerProbe::carry_out(const acme::Step& step) {
    if (const auto* account = std::get_if<acme::SaveAccountStep>(&step)) {
        account_->url = account->account_url;
        (void)parts_.accounts.save(*account_);  // registered again next time, with the same key
        driver_.continue_later();
    } else if (std::get_if<acme::SaveOrderStep>(&step) != nullptr) {
        driver_.continue_later();
    } else if (const auto* shown = std::get_if<acme::PublishStep>(&step)) {
        const std::vector<std::string>& issuers = shown->challenge.issuers;
        end(issuers.empty() ? Answer(local_problem("the CA does not say its name")) : Answer(issuers.front()));
    } else if (const auto* failed = std::get_if<acme::FailedStep>(&step)) {
        end(failed->problem);
    } else {
        end(local_problem("the CA has issued a certificate without a challenge"));
    }
}

void IssuerProbe::end(const Answer& answer) {
    const Answer last = answer;
    const Done done = std::move(done_);
    done(last);
}

}  // namespace ferrotunnel::issuance
