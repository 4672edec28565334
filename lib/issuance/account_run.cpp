#include "issuance/account_run.hpp"

#include <chrono>
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
      task_(*work_.account, work_.registration, work_.new_key.get(), std::chrono::system_clock::now()),
      calls_(network),
      timer_(network.worker, [this] {
          if (std::exchange(has_begun_, true)) {
              task_.continued(std::chrono::system_clock::now());
          }
          advance();
      }) {
    timer_.set_after(Duration::zero());
}

void AccountRun::advance() {
    const acme::Step& step = task_.step();
    if (const auto* call = std::get_if<acme::CallStep>(&step)) {
        calls_.run(call->call, [this](const acme::HttpReply& reply) {
            task_.answered(reply, std::chrono::system_clock::now());
            advance();
        });
    } else if (const auto* wait = std::get_if<acme::WaitStep>(&step)) {
        timer_.set_after(wait->time);
    } else if (const auto* save = std::get_if<acme::SaveAccountStep>(&step)) {
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
    timer_.set_after(Duration::zero());
}

void AccountRun::end(std::optional<acme::Problem> problem) {
    const Done done = std::move(done_);
    done(std::move(problem));
}

}  // namespace ferrotunnel::issuance
