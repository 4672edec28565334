#include "issuance/issuer_probe.hpp"

#include <array>
#include <chrono>
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
      task_(probe_settings(domain, parts.accounts.registration(account_->directory_url), parts.random), *account_, key_,
            std::chrono::system_clock::now()),
      calls_(parts.network),
      timer_(parts.network.worker, [this] {
          if (std::exchange(has_begun_, true)) {
              task_.continued(std::chrono::system_clock::now());
          }
          advance();
      }) {
    timer_.set_after(Duration::zero());
}

void IssuerProbe::advance() {
    const acme::Step& step = task_.step();
    if (const auto* call = std::get_if<acme::CallStep>(&step)) {
        calls_.run(call->call, [this](const acme::HttpReply& reply) {
            task_.answered(reply, std::chrono::system_clock::now());
            advance();
        });
    } else if (const auto* wait = std::get_if<acme::WaitStep>(&step)) {
        timer_.set_after(wait->time);
    } else if (const auto* account = std::get_if<acme::SaveAccountStep>(&step)) {
        account_->url = account->account_url;
        (void)parts_.accounts.save(*account_);  // registered again next time, with the same key
        timer_.set_after(Duration::zero());
    } else if (std::get_if<acme::SaveOrderStep>(&step) != nullptr) {
        timer_.set_after(Duration::zero());
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
