#include "acme/order_task.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "acme/authorizations.hpp"
#include "acme/certificate_request.hpp"
#include "acme/limits.hpp"
#include "acme/messages.hpp"
#include "acme/order_request.hpp"
#include "acme/polling.hpp"
#include "acme/problem_document.hpp"
#include "acme/sign_in.hpp"
#include "acme/signed_requests.hpp"
#include "acme/task_clock.hpp"
#include "base/base64url.hpp"
#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/text.hpp"

namespace ferrotunnel::acme {

namespace {

constexpr std::string_view chain_type = "application/pem-certificate-chain";

using SavedOrder = FailedStep::SavedOrder;

}  // namespace

// What follows the sign-in. Authorizations, OrderRequest and SignIn have drawings of theirs.
//
//     sign_in -> new_order -> save_order -+
//         | resumed                       v
//         +-----------> order --pending--> authorizations --all valid--> order
//              wait ----> ^ | ready -> finalize -> as order
//                ^--------|-+ processing
//                         +-valid -> chain -> over
//     At any time: the account is unknown -> sign_in, once; a failure, or the deadline -> over.
class OrderTask::Machine {
public:
    Machine(OrderSettings settings, const Account& account, const Key& key, WallTime started)
        : settings_(std::move(settings)),
          key_(key),
          requests_(account.key, account.url),
          sign_in_(account, settings_.registration, requests_),
          order_request_(settings_, sign_in_.directory(), requests_),
          authorizations_(settings_, sign_in_.directory(), requests_),
          clock_(started),
          order_url_(settings_.resume_order),
          is_unseen_(!settings_.resume_order.empty()),
          step_(sign_in_.begin()) {}

    const Step& step() const noexcept { return step_; }
    const Directory& directory() const noexcept { return sign_in_.directory(); }

    void answered(const HttpReply& reply, WallTime now);
    void continued(WallTime now);
    void published(std::string fault, WallTime now);

private:
    enum class State : unsigned char {
        sign_in,
        new_order,
        save_order,
        order,  // its state is read, or awaited
        authorizations,
        finalize,
        chain,
        over,
    };

    void respond(const HttpReply& reply);
    void set(Step step);
    void fail(FailedStep failed) { set(std::move(failed)); }
    void fail(Problem::Kind kind, std::string_view type, std::string_view text);
    FailedStep late() const;
    void follow_proofs(std::optional<Step> next);
    void begin_order();
    void read_order_state();
    void await_order(std::optional<std::chrono::seconds> retry_after);
    void have_new_order(const HttpReply& reply);
    void have_order(const HttpReply& reply);
    void have_finalized(const HttpReply& reply);
    void follow(const OrderMessage& order, std::optional<std::chrono::seconds> retry_after);
    void finalize(const std::string& url);
    void have_chain(const HttpReply& reply);
    void end_invalid(const OrderMessage& order);

    const OrderSettings settings_;
    const Key& key_;
    SignedRequests requests_;
    SignIn sign_in_;
    OrderRequest order_request_;
    Authorizations authorizations_;
    TaskClock clock_;
    State state_ = State::sign_in;
    std::string order_url_;
    std::optional<OrderMessage> created_{};
    bool is_unseen_;  // a resumed order whose state was not read yet
    bool has_finalized_ = false;
    unsigned finalize_losses_ = 0;
    unsigned waits_ = 0;
    Step step_;
};

void OrderTask::Machine::set(Step step) {
    if (auto* const failed = std::get_if<FailedStep>(&step)) {
        failed->saved_order = order_url_.empty() ? SavedOrder::forget : failed->saved_order;
        state_ = State::over;
    }
    step_ = clock_.bounded(std::move(step), [this] { return late(); });
    if (std::holds_alternative<FailedStep>(step_)) {
        state_ = State::over;
    }
}

// A CA that shows the order is there, but slow: other names need not wait for it. The order is continued once.
FailedStep OrderTask::Machine::late() const {
    const bool is_validating = state_ == State::authorizations && authorizations_.way();
    FailedStep failed = late_failure(is_validating ? "the CA had not validated the name by " +
                                                         std::string(name_of(*authorizations_.way()))
                                                   : "the order was not complete");
    if (!order_url_.empty() && !is_unseen_) {
        failed.problem.kind = Problem::Kind::overdue;
        failed.way = is_validating ? authorizations_.way() : std::nullopt;
    }
    if (settings_.resume_order.empty() && !order_url_.empty()) {
        failed.saved_order = SavedOrder::keep;
    }
    return failed;
}

void OrderTask::Machine::fail(Problem::Kind kind, std::string_view type, std::string_view text) {
    fail(FailedStep{{kind, std::string(type), printable(text, limits::text_max), {}}, {}, SavedOrder::forget});
}

void OrderTask::Machine::answered(const HttpReply& reply, WallTime now) {
    check(std::holds_alternative<CallStep>(step_), "a response follows a call");
    clock_.set(now);
    if (std::optional<Step> again = requests_.answered(reply)) {
        return set(std::move(*again));
    }
    if (std::optional<Step> repair = sign_in_.repair(reply)) {
        state_ = State::sign_in;
        has_finalized_ = false;  // if it was, the order's state shows it
        return set(std::move(*repair));
    }
    respond(reply);
}

void OrderTask::Machine::respond(const HttpReply& reply) {
    switch (state_) {
        case State::sign_in:
            if (std::optional<Step> next = sign_in_.answered(reply)) {
                return set(std::move(*next));
            }
            return begin_order();
        case State::new_order:
            return have_new_order(reply);
        case State::order:
            return have_order(reply);
        case State::authorizations:
            return follow_proofs(authorizations_.answered(reply));
        case State::finalize:
            return have_finalized(reply);
        case State::chain:
            return have_chain(reply);
        case State::save_order:
        case State::over:
            break;
    }
    check(false, "a response belongs to a state with a call");
}

void OrderTask::Machine::continued(WallTime now) {
    clock_.set(now);
    if (std::optional<Step> again = requests_.continued()) {
        return set(std::move(*again));
    }
    switch (state_) {
        case State::sign_in:
            sign_in_.continued();
            return begin_order();
        case State::save_order:
            return created_ ? follow(*std::exchange(created_, {}), {}) : read_order_state();
        case State::order:
            return read_order_state();
        case State::authorizations:
            return follow_proofs(authorizations_.continued());
        default:
            check(false, "a wait belongs to a state that waits");
    }
}

void OrderTask::Machine::published(std::string fault, WallTime now) {
    check(std::holds_alternative<PublishStep>(step_), "a publication was asked for");
    clock_.set(now);
    follow_proofs(authorizations_.published(std::move(fault)));
}

void OrderTask::Machine::follow_proofs(std::optional<Step> next) {
    return next ? set(std::move(*next)) : read_order_state();
}

// --- the order ---

void OrderTask::Machine::begin_order() {
    if (!order_url_.empty()) {
        return read_order_state();
    }
    state_ = State::new_order;
    set(order_request_.begin());
}

void OrderTask::Machine::have_new_order(const HttpReply& reply) {
    if (!is_success(reply)) {
        return set(order_request_.refused(reply));
    }
    if (!may_name_url(directory().url, reply.location)) {
        return fail(unusable_response("the response to newOrder", "has no Location that is an https URL"));
    }
    order_url_ = reply.location;
    if (Result<OrderMessage, std::string> order = read_order(directory().url, reply.body)) {
        created_ = std::move(*order);
    }
    state_ = State::save_order;
    set(SaveOrderStep{order_url_});
}

void OrderTask::Machine::read_order_state() {
    state_ = State::order;
    set(requests_.read(order_url_));
}

void OrderTask::Machine::await_order(std::optional<std::chrono::seconds> retry_after) {
    state_ = State::order;
    set(WaitStep{poll_time(retry_after, ++waits_)});
}

void OrderTask::Machine::have_order(const HttpReply& reply) {
    if (!is_success(reply)) {
        FailedStep failed = failed_request("the CA does not show the order", reply);
        const Problem::Kind kind = failed.problem.kind;
        const bool is_gone = reply.status == 404 || reply.status == 410 || kind == Problem::Kind::refused ||
                             kind == Problem::Kind::account;
        if (is_unseen_ && reply.status != 0 && is_gone) {
            failed.problem.kind = Problem::Kind::refused;
            failed.saved_order = SavedOrder::stale;
        }
        return fail(std::move(failed));
    }
    const Result<OrderMessage, std::string> order = read_order(directory().url, reply.body);
    if (!order) {
        return fail(unusable_response("the order", order.error()));
    }
    follow(*order, reply.retry_after);
}

void OrderTask::Machine::follow(const OrderMessage& order, std::optional<std::chrono::seconds> retry_after) {
    if (order.status == OrderMessage::Status::invalid) {
        return end_invalid(order);
    }
    is_unseen_ = false;
    switch (order.status) {
        case OrderMessage::Status::pending:
            if (authorizations_.is_complete()) {
                return await_order(retry_after);
            }
            state_ = State::authorizations;
            return set(authorizations_.begin(order.authorizations));
        case OrderMessage::Status::ready:
            return has_finalized_ ? await_order(retry_after) : finalize(order.finalize);
        case OrderMessage::Status::valid:
            state_ = State::chain;
            return set(requests_.read(order.certificate, std::string(chain_type)));
        default:
            return await_order(retry_after);
    }
}

void OrderTask::Machine::end_invalid(const OrderMessage& order) {
    Problem problem = order.error.value_or(Problem{Problem::Kind::refused, {}, "the CA gives no reason", {}});
    FailedStep failed{with_context("the order is invalid", std::move(problem)), {}, SavedOrder::forget};
    if (is_unseen_) {
        failed.problem.kind = Problem::Kind::refused;
        failed.saved_order = SavedOrder::stale;
    } else if (failed.problem.kind == Problem::Kind::validation) {
        failed.way = authorizations_.way();
    }
    fail(std::move(failed));
}

// --- the certificate ---

void OrderTask::Machine::finalize(const std::string& url) {
    std::string request;
    try {
        request = make_certificate_request(key_, settings_.names);
    } catch (const std::runtime_error& error) {
        return fail(Problem::Kind::local, {}, "no certificate request: " + std::string(error.what()));
    }
    state_ = State::finalize;
    has_finalized_ = true;
    set(requests_.post(url, nlohmann::json{{"csr", encode_base64url(as_bytes(request))}}.dump()));
}

void OrderTask::Machine::have_finalized(const HttpReply& reply) {
    if (is_success(reply)) {
        return have_order(reply);
    }
    FailedStep failed = failed_request("the CA does not finalize the order", reply);
    const bool is_lost = failed.problem.kind == Problem::Kind::unreachable || failed.problem.type == "orderNotReady";
    if (!is_lost || ++finalize_losses_ > limits::losses_max) {
        return fail(std::move(failed));
    }
    has_finalized_ = false;  // the order's state shows whether it was
    await_order(reply.retry_after);
}

void OrderTask::Machine::have_chain(const HttpReply& reply) {
    if (!is_success(reply)) {
        return fail(failed_request("the CA does not send the certificate", reply));
    }
    Result<IssuedChain, std::string> chain = check_chain(reply.body, settings_.names, key_, clock_.now());
    if (!chain) {
        return fail(Problem::Kind::wrong_chain, {}, "the chain that the CA sent " + chain.error());
    }
    state_ = State::over;
    set(DoneStep{std::move(*chain), order_request_.replaces()});
}

// --- OrderTask ---

OrderTask::OrderTask(OrderSettings settings, const Account& account, const Key& key, WallTime started)
    : machine_(std::make_unique<Machine>(std::move(settings), account, key, started)) {}
OrderTask::~OrderTask() = default;

const Step& OrderTask::step() const noexcept {
    return machine_->step();
}

void OrderTask::answered(const HttpReply& reply, WallTime now) {
    machine_->answered(reply, now);
}

void OrderTask::continued(WallTime now) {
    machine_->continued(now);
}

void OrderTask::published(std::string fault, WallTime now) {
    machine_->published(std::move(fault), now);
}

const Directory& OrderTask::directory() const noexcept {
    return machine_->directory();
}

}  // namespace ferrotunnel::acme
