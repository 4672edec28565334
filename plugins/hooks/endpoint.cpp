#include "hooks/endpoint.hpp"

#include <exception>
#include <memory>
#include <utility>

#include "hooks/signature.hpp"

namespace ferrotunnel::plugins {
namespace {

/// The fault of a response; empty if its body can be used.
std::string fault_of(const HttpResponse& answer) {
    if (!answer.error.empty()) {
        return answer.error;
    }
    if (answer.is_too_long) {
        return "its response is longer than 64 KiB";
    }
    return answer.status == 200 ? std::string() : "it responded with status " + std::to_string(answer.status);
}

template <typename Decision, typename Read>
Decision decision_of(const HttpResponse& answer, const Read& read) {
    try {
        std::string fault = fault_of(answer);
        return fault.empty() ? read(answer.body) : without_decision<Decision>(std::move(fault));
    } catch (const std::exception& problem) {  // no memory: the caller still waits
        return without_decision<Decision>(problem.what());
    }
}

}  // namespace

Endpoint::Endpoint(Options options, LogFunction tell)
    : options_(std::move(options)),
      name_(options_.url.substr(0, options_.url.find('?'))),  // a query may contain secrets
      log_(std::move(tell)),
      client_(std::make_unique<HttpClient>(options_.connections, options_.queue, options_.timeout)) {}

HttpRequest Endpoint::http_request(const std::string& body) const {
    HttpRequest asked;
    asked.url = options_.url;
    asked.ca_file = options_.ca_file;
    asked.fields = options_.fields;
    asked.fields.push_back({"Content-Type", "application/json"});
    asked.fields.push_back({"Accept", "application/json"});
    if (!options_.secrets.empty()) {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        asked.fields.push_back(
            {std::string(signature_field),
             signature_of(body, std::chrono::duration_cast<std::chrono::seconds>(now).count(), options_.secrets)});
    }
    asked.body = body;
    return asked;
}

template <typename Decision, typename Read>
void Endpoint::send(Share share, const std::string& body, Read read, std::function<void(const Decision&)> done) {
    const auto shared = std::make_shared<std::function<void(const Decision&)>>(std::move(done));
    const auto answered = [this, read, shared](const HttpResponse& answer) {
        const Decision decision = decision_of<Decision>(answer, read);
        if (!decision.fault.empty()) {
            log_failure(decision.fault);
        }
        (*shared)(decision);
    };
    std::string fault = "too many requests wait";
    try {
        if (client_ != nullptr && client_->ask(share, http_request(body), answered)) {
            return;
        }
    } catch (const std::exception& problem) {  // no memory, no thread
        fault = problem.what();
    }
    log_failure(fault);
    (*shared)(without_decision<Decision>(fault));
}

void Endpoint::ask(Share share, Event event, const std::string& body,
                   std::function<void(const EndpointDecision&)> done) {
    send<EndpointDecision>(
        share, body, [event](std::string_view answer) { return read_decision(answer, event); }, std::move(done));
}

void Endpoint::look_up(Share share, const std::string& body, std::function<void(const TokenDecision&)> done) {
    send<TokenDecision>(
        share, body, [](std::string_view answer) { return read_token_decision(answer); }, std::move(done));
}

bool Endpoint::tell(const std::string& body, std::function<void(bool)> done) {
    return client_ != nullptr &&
           client_->tell(http_request(body), [done = std::move(done)](const HttpResponse& answer) {
               done(answer.error.empty() && answer.status >= 200 && answer.status <= 299);
           });
}

void Endpoint::log_failure(const std::string& why) {
    if (const std::uint64_t count = failures_.add(); count != 0) {
        log_(plugin::Plugin::Level::error,
             "there is no decision from " + name_ + ": " + why +
                 (count > 1 ? "; " + std::to_string(count) + " since the last line" : std::string()));
    }
}

void Endpoint::stop() {
    client_.reset();
}

}  // namespace ferrotunnel::plugins
