// A test's exchange: what the test does with it and sees of it.
#include <stdexcept>
#include <utility>

#include "http/canonical_path.hpp"
#include "http/head_writer.hpp"
#include "http/response_parser.hpp"
#include "plugin/http_chain_run.hpp"
#include "plugin/test_chain.hpp"
#include "plugin/test_messages.hpp"

namespace ferrotunnel::plugin {
namespace {

[[noreturn]] void no_state_for(const char* what) {
    throw std::logic_error(std::string("the exchange has ") + what);
}

std::string head_of(const TestRequest& request) {
    return request.method + " " + request.target + " HTTP/1.1\r\nHost: " + request.host + "\r\n" +
           lines_of(request.fields) + length_of(request.fields, request.body) + "\r\n";
}

/// Whether a response to this request has a body that plugins see.
bool has_body(const TestRequest& request, std::uint16_t status) {
    return request.method != "HEAD" && status != 204 && status != 205 && status != 304;
}

}  // namespace

using State = TestExchange::Impl::State;

TestExchange::Impl::Impl(std::shared_ptr<TestChain::Impl> chain, const TestRequest& request)
    : chain_(std::move(chain)),
      request_(request),
      certificate_{.subject = request.client_certificate_subject,
                   .names = request.client_certificate_names,
                   .fingerprint = request.client_certificate_fingerprint},
      request_bytes_(head_of(request)),
      sent_body_(request.body),
      begun_at_(TestChain::Impl::now()) {
    (void)pieces_of(request_.body, request_.cuts);  // reports mistakes before anything happens
    if (request_head_.parse(request_bytes_) != http::ParseState::complete) {
        throw std::invalid_argument("no server accepts this request: " +
                                    request_bytes_.substr(0, request_bytes_.find('\r')));
    }
    path_ = http::canonical_path(request_head_.head().target.path);
    run_ = chain_->worker->begin(request_head(),
                                 {request_.host, request_.visitor, request_.service, "test-request", request_.https,
                                  nullptr, request_.token, certificate_.fingerprint.empty() ? nullptr : &certificate_},
                                 *this);
    chain_->waiters.push_back(this);
}

http::RequestHead TestExchange::Impl::request_head() const {
    http::RequestHead head = request_head_.head();
    head.target.path = path_;
    return head;
}

void TestExchange::Impl::begin() {
    ask();
    chain_->settle(*this);
}

TestExchange::Impl::~Impl() {
    close();
}

// --- the path through the chain ---

void TestExchange::Impl::ask() {
    switch (run_ ? run_->request(TestChain::Impl::now()) : hooks::Step::go_on) {
        case hooks::Step::go_on:
            state_ = State::passed;
            send();
            break;
        case hooks::Step::answer:
            answer_with(run_->take_reply());
            break;
        case hooks::Step::wait:
            state_ = State::held_request;
            break;
        case hooks::Step::collect:
            feed_body();
            break;
    }
}

// Sends the request's body to the backend, through the instances that observe or transform it.
void TestExchange::Impl::send() {
    hooks::BodyFilters* const filters = run_ && !request_.body.empty() ? run_->body(hooks::Side::request) : nullptr;
    PassedBody passed = pass_body(filters, request_.body, request_.cuts);
    sent_body_ = std::move(passed.bytes);
    if (!passed.complete) {
        hooks::Reply page;
        page.page = sent_body_.empty() ? http::PageState::plugin_failed : http::PageState::internal_error;
        page.code = "plugin_failed";
        run_->drop_collected(hooks::Side::request);
        run_->drop_answer();
        answer_with(std::move(page));
    }
}

// Passes the whole request body to a collecting plugin.
void TestExchange::Impl::feed_body() {
    hooks::Collected given = hooks::Collected::kept;
    for (const std::string_view piece : pieces_of(request_.body, request_.cuts)) {
        given = given == hooks::Collected::kept ? run_->collect(piece) : given;
    }
    if (given == hooks::Collected::kept) {
        run_->collect_end();
        ask();
        return;
    }
    run_->drop_collected(hooks::Side::request);
    run_->drop_answer();
    hooks::Reply refusal;
    refusal.page = given == hooks::Collected::too_large ? http::PageState::body_too_large : http::PageState::busy;
    answer_with(std::move(refusal));
}

void TestExchange::Impl::ask_answer() {
    const http::ResponseHead& head = answer_head_->head();
    const hooks::AnswerView view{head.status, static_cast<hooks::Origin>(answer_.origin), &head.fields, nullptr};
    switch (run_ ? run_->response(view, TestChain::Impl::now()) : hooks::Step::go_on) {
        case hooks::Step::go_on:
            state_ = State::answered;
            show();
            break;
        case hooks::Step::answer:
            run_->drop_answer();
            answer_with(run_->take_reply());
            break;
        case hooks::Step::wait:
            state_ = State::held_answer;
            break;
        case hooks::Step::collect:
            feed_answer_body();
            break;
    }
}

// Passes the whole response body to a collecting plugin, after the part that an earlier one has received.
void TestExchange::Impl::feed_answer_body() {
    const bool is_there = has_body(request_, answer_.status);
    const std::vector<std::string_view> pieces =
        is_there ? pieces_of(answer_.body, answer_.cuts) : std::vector<std::string_view>();
    hooks::Collected given = hooks::Collected::kept;
    while (given == hooks::Collected::kept && collected_pieces_ < pieces.size()) {
        given = run_->collect(pieces[collected_pieces_]);
        collected_pieces_ += given == hooks::Collected::kept ? 1 : 0;
    }
    if (given == hooks::Collected::kept) {
        run_->collect_end();
    } else {
        run_->collect_failed("the body of the response cannot be collected");
    }
    ask_answer();
}

// Applies the plugins' changes to the response. The server sets its framing.
void TestExchange::Impl::show() {
    hooks::BodyFilters* const filters =
        run_ && has_body(request_, answer_.status) ? run_->body(hooks::Side::response) : nullptr;
    http::Edits edits;
    (void)(run_ && run_->put_response(edits));
    http::ResponseOut out = http::ResponseOut::of(answer_head_->head(), http::Version::http11, true);
    out.edits = &edits;
    std::string bytes(http::write_response(out, {}), '\0');
    (void)http::write_response(out, bytes);
    answer_.fields = parse_head(bytes).fields;
    for (const char* framing : {"Content-Length", "Transfer-Encoding", "Connection"}) {
        (void)remove_field(answer_.fields, framing);
    }
    PassedBody passed = pass_body(filters, answer_.body, answer_.cuts);
    answer_.body = std::move(passed.bytes);
    is_cut_ = !passed.complete;
}

// A plugin's response passes the instances that have seen the request, like a backend's.
void TestExchange::Impl::answer_with(hooks::Reply reply) {
    TestAnswer answer;
    answer.origin = Origin::plugin;
    answer.body = std::move(reply.body);
    answer.status = reply.page ? http::info_of(*reply.page).status : reply.status;
    for (auto& [name, value] : reply.fields) {
        answer.fields.push_back({std::move(name), std::move(value)});
    }
    if (reply.page) {
        answer.code = reply.code.empty() ? std::string(http::info_of(*reply.page).code) : std::move(reply.code);
        answer.fields.push_back({"X-FerroTunnel-Error", answer.code});
    }
    state_ = State::passed;
    respond(answer);
}

void TestExchange::Impl::respond(const TestAnswer& answer) {
    if (state_ != State::passed) {
        no_state_for("no place for an answer");
    }
    (void)pieces_of(answer.body, answer.cuts);
    answer_ = answer;
    collected_pieces_ = 0;
    answer_bytes_ = "HTTP/1.1 " + std::to_string(answer.status) + " Status\r\n" + lines_of(answer.fields) +
                    length_of(answer.fields, answer.body) + "\r\n";
    answer_head_ = std::make_unique<http::ResponseParser>();
    if (answer_head_->parse(answer_bytes_) != http::ParseState::complete) {
        throw std::invalid_argument("no server accepts this response: " + answer_bytes_);
    }
    ask_answer();
    chain_->settle(*this);
}

// --- results that a test reads ---

TestRequest TestExchange::Impl::sent() const {
    if (state_ == State::asking || state_ == State::held_request || state_ == State::over) {
        no_state_for("sent nothing to a backend");
    }
    http::RequestHead head = request_head();
    http::Edits edits;
    if (run_) {
        run_->restore(head);
        (void)run_->put_request(edits);
    }
    http::RequestOut out = http::RequestOut::of(head);
    out.edits = &edits;
    std::string bytes(http::write_request(out, {}), '\0');
    (void)http::write_request(out, bytes);
    Written parts = parse_head(bytes);
    TestRequest request = request_;
    request.target = std::string(out.path).append(out.query);
    request.host = remove_field(parts.fields, "Host");
    request.fields = std::move(parts.fields);
    request.body = sent_body_;
    request.cuts.clear();
    return request;
}

TestAnswer TestExchange::Impl::answer() const {
    if (state_ != State::answered && !has_answered_) {
        no_state_for("no answer");
    }
    return answer_;
}

std::string TestExchange::Impl::note(std::string_view name) const {
    return run_ ? std::string(static_cast<const HttpChainRun&>(*run_).note(name)) : std::string();
}

void TestExchange::Impl::close() noexcept {
    if (state_ == State::over) {
        return;
    }
    const bool has_answer = state_ == State::answered;
    has_answered_ = has_answer;
    std::erase(chain_->waiters, this);
    state_ = State::over;
    hooks::Outcome outcome;
    outcome.status = has_answer ? answer_.status : std::uint16_t{0};
    outcome.complete = has_answer && !is_cut_;
    outcome.request_bytes = request_.body.size();
    outcome.response_bytes = has_answer ? answer_.body.size() : 0;
    outcome.duration = TestChain::Impl::now() - begun_at_;
    if (run_) {
        run_->close(outcome);
        run_.reset();
    }
}

}  // namespace ferrotunnel::plugin
