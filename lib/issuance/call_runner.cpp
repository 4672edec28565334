#include "issuance/call_runner.hpp"

#include <chrono>
#include <utility>

#include "acme/directory.hpp"
#include "acme/limits.hpp"
#include "fetch/retry_after.hpp"
#include "http/date.hpp"
#include "issuance/wall_clock.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::issuance {
namespace {

const char* method_name(acme::HttpCall::Method method) noexcept {
    switch (method) {
        case acme::HttpCall::Method::get:
            return "GET";
        case acme::HttpCall::Method::head:
            return "HEAD";
        case acme::HttpCall::Method::post:
            break;
    }
    return "POST";
}

fetch::Request request_of(const acme::HttpCall& call, const fetch::UrlParts& url) {
    fetch::Request request;
    request.to = {nullptr, url.at, url.authority};
    request.method = method_name(call.method);
    request.path = url.path;
    request.fields.emplace_back("Accept-Encoding", "identity");
    if (!call.accept.empty()) {
        request.fields.emplace_back("Accept", call.accept);
    }
    if (call.method == acme::HttpCall::Method::post) {
        request.fields.emplace_back("Content-Type", "application/jose+json");
        request.body = call.body;
        request.has_body = true;
    }
    return request;
}

}  // namespace

acme::HttpReply reply_of(fetch::Response& response, const std::string& url) {
    acme::HttpReply reply;
    if (response.status == 0 || !response.error.empty()) {
        reply.error = url + ": " + (response.error.empty() ? "there was no response" : response.error);
        return reply;
    }
    reply.status = response.status;
    reply.body = std::move(response.body);
    if (response.is_too_long) {
        reply.error = url + ": the response is longer than " + std::to_string(acme::limits::body_max) + " bytes";
    }
    reply.content_type = response.field("Content-Type");
    reply.location = response.field("Location");
    reply.nonce = response.field("Replay-Nonce");
    reply.retry_after = fetch::read_retry_after(response.field("Retry-After"), wall_now());
    return reply;
}

void CallRunner::run(const acme::HttpCall& call, Done done) {
    fetch_.reset();
    failure_.reset();
    done_ = std::move(done);
    const auto fail = [this](std::string error) {
        failure_ = std::make_unique<runtime::Timer>(network_.worker, [this, error = std::move(error)] {
            acme::HttpReply reply;
            reply.error = error;
            report(std::move(reply));
        });
        failure_->set_after(Duration::zero());
    };
    const auto url = fetch::read_url(call.url);
    if (!url || !acme::is_ca_url(call.url)) {
        fail("the URL \"" + call.url.substr(0, acme::limits::url_max) +
             "\" is not requested: a CA needs https, or http on a loopback address");
        return;
    }
    fetch::Request request = request_of(call, *url);
    try {
        if (url->is_https) {
            request.to.tls = network_.contexts.get(url->at.host, network_.ca_file, network_.worker.now());
        }
    } catch (const transport::TlsConfigError& problem) {
        fail(problem.what());
        return;
    }
    fetch::Bounds bounds;
    bounds.time = network_.request_time;
    bounds.body_max = acme::limits::body_max;
    fetch_ = std::make_unique<fetch::Fetch>(
        network_.worker, &network_.idle, std::move(request), bounds, [this, url = call.url](fetch::Response& response) {
            if (const auto seconds = http::read_date(response.field("Date"))) {
                date_ = std::chrono::system_clock::time_point(std::chrono::seconds(*seconds));
            }
            report(reply_of(response, url));
        });
}

void CallRunner::report(acme::HttpReply reply) {
    const auto ended = std::move(fetch_);
    const auto failed = std::move(failure_);
    const Done done = std::move(done_);
    done(reply);
}

}  // namespace ferrotunnel::issuance
