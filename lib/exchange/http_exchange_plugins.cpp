// What plugins decide on an exchange: before its request goes to the backend, and before the head of an answer is given
// out.
//
//   begin_run --> ask_plugins --go_on--> forward          plugins_pass --go_on--> head
//                   |  '--answer--> page                    |  '--answer--> another answer, which comes here too
//                   '--wait--> held --decision, deadline-->  '--wait--> held_head, held_page --> next() asks again
//                                                            '--collect--> gathering (http_exchange_bodies.cpp)
#include <utility>

#include "base/check.hpp"
#include "exchange/http_exchange.hpp"
#include "http/forwarding.hpp"

namespace ferrotunnel::exchange {

using hooks::Step;

void HttpExchange::begin_run(const Arrival& arrival) {
    const directory::HttpDescription& service = request_.service->description();
    const hooks::RequestInfo info{request_.host,   arrival.forwarding.client(), request_.service_name(), request_.id,
                                  request_.by_tls, service.notes.get(),         service.token_name};
    if (!service.asked.are_asked_for()) {
        run_ = edge_.hooks->begin(arrival.head, info, *this);
    } else if (const hooks::SharedAskedPlugins asked = service.asked.get()) {
        run_ = asked->begin(arrival.head, info, *this, edge_.worker.mailbox());
    } else {
        give_page({http::PageState::busy, {}, "the service has just gone, and so have the plugins that guard it"});
        return;
    }
    if (run_) {
        access_.mark(AccessLine::Phase::asked, arrival.now);
        ask_plugins(arrival);
    } else {
        forward(arrival);
    }
}

void HttpExchange::ask_plugins(const Arrival& arrival) {
    switch (run_->request(arrival.now)) {
        case Step::go_on:
            break;
        case Step::answer:
            access_.mark(AccessLine::Phase::decided, edge_.worker.now());
            answer_by_plugin(run_->take_reply());
            return;
        case Step::wait:
            state_ = State::held;
            edge_.wheel.set(*this, run_->wait_until());
            return;
        case Step::collect:
            begin_collecting(arrival.head.body);
            return;
    }
    prepare_upload();
    // Plugins have perhaps asked for routes, so that those of `arrival` are gone.
    if (!run_->changes_target()) {
        forward({arrival.head, arrival.forwarding, visitor_, edge_.rules(), *edge_.shared, edge_.routes.get(),
                 arrival.now});
        return;
    }
    http::RequestHead head;
    run_->restore(head);
    forward({head, arrival.forwarding, visitor_, edge_.rules(), *edge_.shared, edge_.routes.get(), arrival.now});
}

// Continues with a request that was held. Its head has gone with the bytes that it was read from; the run has a copy.
void HttpExchange::ask_plugins_again() {
    runtime::Deadline::cancel();
    http::RequestHead head;
    run_->restore(head);
    const http::Forwarding forwarding(head, forwarding_facts(visitor_, edge_.rules(), request_.id));
    ask_plugins({head, forwarding, visitor_, edge_.rules(), *edge_.shared, edge_.routes.get(), edge_.worker.now()});
}

// A held answer is looked at when the owner asks for it, which handle() tells it to do.
void HttpExchange::on_decision() noexcept {
    handle([this] {
        if (state_ == State::held && !(upload_ && upload_->is_collecting)) {
            ask_plugins_again();
        }
    });
}

bool HttpExchange::is_same_service(std::string_view path) const noexcept {
    const directory::HttpMatch match = edge_.routes.get().find(request_.host, path, edge_.worker.now());
    return match.kind == directory::HttpMatch::Kind::service && match.service == request_.service.get();
}

// Takes the head of an answer through the plugins, and adds what they change to `edits`. False: it is held, or another
// answer takes its place.
bool HttpExchange::plugins_pass(const hooks::AnswerView& answer, State held, http::Edits& edits) {
    Step step = run_->response(answer, edge_.worker.now());
    while (step == Step::collect && held == State::held_page) {
        gather_local();
        step = run_->response(answer, edge_.worker.now());
    }
    switch (step) {
        case Step::go_on:
            break;
        case Step::answer:
            drop_backend();
            answer_by_plugin(run_->take_reply());
            return false;
        case Step::wait:
            state_ = held;
            if (held == State::held_head) {
                response_.hold_head(*backend_);
            }
            edge_.wheel.set(*this, run_->wait_until());
            return false;
        case Step::collect:
            gather();
            return false;
    }
    check(run_->put_response(edits), "what plugins change in a head fits into the edits");
    return true;
}

}  // namespace ferrotunnel::exchange
