#include "exchange/exchange_plugins.hpp"

#include "base/check.hpp"

namespace ferrotunnel::exchange {

using hooks::Step;

std::string_view reason_of(hooks::Collected result) noexcept {
    return result == hooks::Collected::too_large ? "the response body is larger than the plugin accepts"
                                                 : "the bodies collected for plugins use too much memory";
}

ExchangePlugins::BeginResult ExchangePlugins::begin(const IncomingRequest& arrival) {
    const RequestFacts& request = needs_.at.request;
    ExchangeWorker& edge = needs_.at.edge;
    const directory::HttpDescription& service = request.service->description();
    const hooks::RequestInfo info{
        request.host,   arrival.forwarding.client(), request.service_name(), request.id,
        request.by_tls, service.notes.get(),         service.token_name,     needs_.at.visitor.certificate.get()};
    if (!service.asked.has_plugins()) {
        run_ = edge.hooks->begin(arrival.head, info, needs_.owner);
    } else if (const hooks::SharedRequestedPlugins asked = service.asked.get()) {
        run_ = asked->begin(arrival.head, info, needs_.owner, edge.worker.mailbox());
    } else {
        return BeginResult::gone;
    }
    if (!run_) {
        return BeginResult::none;
    }
    needs_.record.mark(AccessRecord::Phase::asked, arrival.now);
    return BeginResult::asked;
}

Step ExchangePlugins::pass(const hooks::AnswerView& answer, http::Edits& edits) {
    return put_changes(run_->response(answer, needs_.at.now()), edits);
}

Step ExchangePlugins::pass_local(const hooks::AnswerView& answer, std::string_view body, http::Edits& edits) {
    Step step = run_->response(answer, needs_.at.now());
    while (step == Step::collect) {
        if (const hooks::Collected result = run_->collect(body); result == hooks::Collected::kept) {
            run_->collect_end();
        } else {
            run_->collect_failed(reason_of(result));
        }
        step = run_->response(answer, needs_.at.now());
    }
    return put_changes(step, edits);
}

Step ExchangePlugins::put_changes(Step step, http::Edits& edits) const {
    check(step != Step::go_on || run_->put_response(edits), "the changes of plugins to a head fit into the edits");
    return step;
}

}  // namespace ferrotunnel::exchange
