#include "etcd_client/watch_run.hpp"

#include <algorithm>
#include <utility>

#include "etcd_client/gateway.hpp"

namespace ferrotunnel::etcd {
namespace {

fetch::Request watch_request(const WatchRun::Where& where, const WatchStart& start) {
    fetch::Request request = gateway_request(where.to, post_of(start), where.token);
    // A member that has lost its leader ends the watch, and does not only stay silent.
    request.fields.emplace_back("Grpc-Metadata-hasleader", "true");
    return request;
}

fetch::Bounds watch_bounds(Duration time) {
    fetch::Bounds bounds;
    bounds.time = time;
    return bounds;
}

}  // namespace

WatchRun::WatchRun(runtime::Worker& worker, const Where& where, WatchStart start, Handlers handlers)
    : start_(std::move(start)),
      handlers_(std::move(handlers)),
      order_(start_.from),
      timer_(worker,
             [this] {
                 fail({Fault::Kind::unreachable, "the watch was not created in time"});
             }),
      fetch_(worker, watch_request(where, start_), watch_bounds(where.time),
             {[this](const fetch::Response& head) { status_ = head.status; },
              [this](std::string_view bytes) { take(bytes); }, [this](const std::string& error) { finish(error); }}) {
    timer_.set_after(where.time);
}

void WatchRun::take(std::string_view bytes) {
    if (status_ != 200) {
        refusal_.append(
            bytes.substr(0, fetch::response_body_max - std::min(refusal_.size(), fetch::response_body_max)));
        return;
    }
    lines_.add(bytes);
    while (!fault_) {
        const auto line = lines_.next();
        if (!line) {
            break;
        }
        take_line(*line);
    }
    if (lines_.is_too_long()) {
        fail(malformed("a message of a watch is too long"));
    }
}

void WatchRun::take_line(std::string_view line) {
    auto message = watch_message(line, start_.keys);
    if (!message) {
        fail(message.error());
        return;
    }
    const bool was_created = order_.is_created();
    auto batch = order_.add(std::move(*message));
    if (!batch) {
        fail(batch.error());
        return;
    }
    if (!was_created) {
        timer_.cancel();
        handlers_.begun();
    }
    if (*batch) {
        handlers_.batch(std::move(**batch));
    }
}

void WatchRun::fail(Fault fault) {
    if (!fault_) {
        fault_ = std::move(fault);
        fetch_.stop({});
    }
}

void WatchRun::finish(const std::string& error) {
    timer_.cancel();
    Fault fault;
    if (fault_) {
        fault = *fault_;
    } else if (!error.empty()) {
        fault = {Fault::Kind::unreachable, error};
    } else if (status_ != 200) {
        fault = fault_of_response(status_, refusal_);
    } else {
        fault = {Fault::Kind::unavailable, "etcd has ended the watch"};
    }
    const auto ended = handlers_.ended;
    ended(fault);
}

}  // namespace ferrotunnel::etcd
