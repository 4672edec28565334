#include "etcd_client/client.hpp"

#include <algorithm>
#include <utility>

#include "etcd_client/gateway.hpp"

namespace ferrotunnel::etcd {
namespace {

// A transaction may take the time of a call again for each so many conditions. With 128 they take a busy etcd half a
// second, and one that fails is followed by as many releases.
constexpr std::size_t conditions_per_call_time = 64;

}  // namespace

Client::Client(runtime::Worker& worker, const Settings& settings, std::vector<fetch::Destination> to, Random& random)
    : worker_(worker),
      user_(settings.user),
      password_(settings.password),
      call_time_(settings.call_time),
      to_(std::move(to)),
      endpoints_(to_.size(), random),
      login_(!user_.empty()),
      idle_(worker),
      timer_(worker, [this] { advance(); }) {}

// --- calls -----------------------------------------------------------------------------------------------------------

template <typename Answer, typename Parse>
void Client::add(Post post, Duration time, Parse parse, Done<Answer> done) {
    const auto kept = std::make_shared<Answer>();
    Call call;
    call.post = std::move(post);
    call.time = time;
    call.parse = [kept, parse = std::move(parse)](std::string_view body) -> std::optional<Fault> {
        Result<Answer, Fault> answer = parse(body);
        if (!answer) {
            return answer.error();
        }
        *kept = std::move(*answer);
        return {};
    };
    call.done = [kept, done = std::move(done)](const std::optional<Fault>& fault) {
        if (fault) {
            done(*fault);
        } else {
            done(std::move(*kept));
        }
    };
    enter(std::move(call));
}

void Client::read(const Read& request, Done<ReadAnswer> done) {
    const Duration time =
        request.keys.end.empty() ? call_time_ : std::max<Duration>(call_time_, limits::long_call_time);
    add<ReadAnswer>(
        post_of(request), time, [request](std::string_view body) { return read_answer(body, request); },
        std::move(done));
}

void Client::transact(const Transaction& request, Done<TransactionAnswer> done) {
    const auto times = static_cast<Duration::rep>(1 + request.conditions.size() / conditions_per_call_time);
    add<TransactionAnswer>(
        post_of(request), times * call_time_,
        [request](std::string_view body) { return transaction_answer(body, request); }, std::move(done));
}

void Client::grant(LeaseId lease, std::chrono::seconds time, Done<LeaseAnswer> done) {
    add<LeaseAnswer>(
        post_of_grant(lease, time), call_time_, [lease](std::string_view body) { return grant_answer(body, lease); },
        std::move(done));
}

void Client::renew(LeaseId lease, Done<LeaseAnswer> done) {
    add<LeaseAnswer>(
        post_of_renewal(lease), call_time_, [lease](std::string_view body) { return renewal_answer(body, lease); },
        std::move(done));
}

void Client::revoke(LeaseId lease, Done<PutAnswer> done) {
    add<PutAnswer>(post_of_revocation(lease), call_time_, revocation_answer, std::move(done));
}

void Client::enter(Call call) {
    (waiting_.size() < limits::calls_waiting_max ? waiting_ : rejected_).push_back(std::move(call));
    timer_.set(worker_.now());
}

void Client::advance() {
    for (std::deque<Call> rejected = std::exchange(rejected_, {}); const Call& call : rejected) {
        finish(call, Fault{Fault::Kind::unreachable, "too many calls wait for etcd"});
    }
    while (!waiting_.empty() && running_.size() < limits::calls_running_max && log_in()) {
        Call next = std::move(waiting_.front());
        waiting_.pop_front();
        send(std::move(next));
    }
}

// Whether calls can be sent.
bool Client::log_in() {
    if (login_.is_ready() || login_.is_asking()) {
        return login_.is_ready();
    }
    if (const auto refusal = login_.refusal(worker_.now())) {
        refuse_waiting(*refusal);
        return false;
    }
    login_.begin();
    const auto token = std::make_shared<std::string>();
    Call call;
    call.post = post_of_login(user_, password_);
    call.time = std::max<Duration>(call_time_, limits::login_time);
    call.is_login = true;
    call.parse = [token](std::string_view body) -> std::optional<Fault> {
        Result<LoginAnswer, Fault> answer = login_answer(body);
        if (!answer) {
            return answer.error();
        }
        *token = std::move(answer->token);
        return {};
    };
    call.done = [this, token](const std::optional<Fault>& fault) {
        if (fault) {
            login_.failed(*fault, worker_.now());
            refuse_waiting(*fault);
        } else {
            login_.succeeded(std::move(*token));
        }
    };
    send(std::move(call));
    return false;
}

void Client::refuse_waiting(const Fault& fault) {
    for (std::deque<Call> refused = std::exchange(waiting_, {}); const Call& call : refused) {
        finish(call, fault);
    }
}

void Client::send(Call call) {
    const std::optional<std::size_t> endpoint = endpoints_.choose(call.tried, worker_.now());
    if (!endpoint || call.attempts == limits::attempts_max) {
        finish(call, Fault{Fault::Kind::unreachable, "no endpoint of etcd answers"});
        return;
    }
    call.tried |= EndpointSet{1} << *endpoint;
    ++call.attempts;
    call.login = login_.number();
    fetch::Bounds bounds;
    bounds.time = call.time;
    bounds.body_max = limits::answer_max;
    const std::uint64_t number = ++last_;
    fetch::Request request = gateway_request(to_[*endpoint], call.post, call.is_login ? std::string() : login_.token());
    Running& running = running_[number];
    running.call = std::move(call);
    running.endpoint = *endpoint;
    running.fetch =
        std::make_unique<fetch::Fetch>(worker_, &idle_, std::move(request), bounds,
                                       [this, number](fetch::Response& response) { answered(number, response); });
}

void Client::answered(std::uint64_t number, const fetch::Response& response) {
    auto ended = running_.extract(number);
    Running& running = ended.mapped();
    const std::optional<Fault> fault = fault_in(running.call, response);
    if (fault) {
        failed(std::move(running.call), running.endpoint, *fault);
    } else {
        endpoints_.succeeded(running.endpoint);
        finish(running.call, {});
    }
    timer_.set(worker_.now());
}

std::optional<Fault> Client::fault_in(const Call& call, const fetch::Response& response) {
    if (!response.error.empty()) {
        return Fault{Fault::Kind::unreachable, response.error};
    }
    if (response.is_too_long) {
        return malformed("it is longer than " + std::to_string(limits::answer_max) + " bytes");
    }
    return response.status == 200 ? call.parse(response.body) : fault_of_response(response.status, response.body);
}

void Client::failed(Call call, std::size_t endpoint, const Fault& fault) {
    const bool is_rejected = fault.kind == Fault::Kind::token && !user_.empty() && !call.is_login && !call.was_rejected;
    if (is_of_endpoint(fault)) {
        endpoints_.failed(endpoint, worker_.now());
    } else {
        endpoints_.succeeded(endpoint);
    }
    if (is_rejected) {
        login_.rejected(call.login);
        call.was_rejected = true;
        call.tried &= ~(EndpointSet{1} << endpoint);
        waiting_.push_front(std::move(call));
    } else if (is_of_endpoint(fault) && call.attempts < limits::attempts_max &&
               endpoints_.choose(call.tried, worker_.now())) {
        if (call.is_login) {
            send(std::move(call));
        } else {
            waiting_.push_front(std::move(call));
        }
    } else {
        finish(call, fault);
    }
}

void Client::finish(const Call& call, const std::optional<Fault>& fault) {
    call.done(fault);
}

// --- watches ---------------------------------------------------------------------------------------------------------

std::unique_ptr<WatchRun> Client::watch(WatchStart start, WatchRun::Handlers handlers) {
    const std::size_t endpoint = *endpoints_.choose(0, worker_.now());
    handlers.ended = [this, endpoint, login = login_.number(), ended = std::move(handlers.ended)](const Fault& fault) {
        watch_ended(endpoint, login, fault);
        ended(fault);
    };
    return std::make_unique<WatchRun>(
        worker_, WatchRun::Where{to_[endpoint], login_.token(), std::max<Duration>(call_time_, limits::watch_time)},
        std::move(start), std::move(handlers));
}

void Client::watch_ended(std::size_t endpoint, std::uint64_t login, const Fault& fault) {
    if (fault.kind == Fault::Kind::token) {
        login_.rejected(login);
    }
    // A member whose store ends before the start lags behind, or all were restored: another one shows which.
    if (is_of_endpoint(fault) || fault.kind == Fault::Kind::future_revision) {
        endpoints_.failed(endpoint, worker_.now());
    }
}

}  // namespace ferrotunnel::etcd
