#include "issuance/account_run.hpp"

#include <utility>
#include <variant>

namespace ferrotunnel::issuance {

acme::Problem local_problem(std::string text) {
    acme::Problem problem;
    problem.kind = acme::Problem::Kind::local;
    problem.text = std::move(text);
    return problem;
}

AccountRun::AccountRun(Network& network, Work work, Done done)
    : work_(std::move(work)),
      done_(std::move(done)),
      driver_(network, {[this](const acme::Step& step) { carry_out(step); }}, *work_.account, work_.registration,
              work_.new_key.get()) {}

void AccountRun::carry_out(const acme::Step& step) {
    if (const auto* save = std::get_if<acme::SaveAccountStep>(&step)) {
        save_account(save->account_url);
    } else if (const auto* failed = std::get_if<acme::FailedStep>(&step)) {
        end(failed->problem);
    } else {
        end({});
    }
}

void AccountRun::save_account(const std::string& url) {
    work_.account->url = url;
    std::string fault = work_.save();
    if (!fault.empty()) {
        end(local_problem(std::move(fault)));
        return;
    }
    driver_.continue_later();
}

void AccountRun::end(std::optional<acme::Problem> problem) {
    const Done done = std::move(done_);
    done(std::move(problem));
}

}  // namespace ferrotunnel::issuance
