// The handle that tests hold of an exchange.
#include <stdexcept>
#include <utility>

#include "plugin/test_chain.hpp"

namespace ferrotunnel::plugin {

using State = TestExchange::Impl::State;

TestExchange::TestExchange(std::shared_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
TestExchange::TestExchange(TestExchange&&) noexcept = default;
TestExchange& TestExchange::operator=(TestExchange&&) noexcept = default;
TestExchange::~TestExchange() = default;

TestExchange::Impl& TestExchange::impl() const {
    if (!impl_) {
        throw std::logic_error("this TestExchange is empty");
    }
    return *impl_;
}

bool TestExchange::passed() const {
    return impl().state() == State::passed;
}
bool TestExchange::answered() const {
    return impl().state() == State::answered;
}
bool TestExchange::waits() const {
    return impl().waits();
}
bool TestExchange::over() const {
    return impl().state() == State::over;
}
bool TestExchange::cut() const {
    return impl().is_cut();
}
void TestExchange::wait() {
    impl().wait();
}
TestRequest TestExchange::sent() const {
    return impl().sent();
}
void TestExchange::respond(const TestAnswer& answer) {
    impl().respond(answer);
}
TestAnswer TestExchange::answer() const {
    return impl().answer();
}
std::string TestExchange::note(std::string_view name) const {
    return impl().note(name);
}
void TestExchange::close() {
    impl().close();
}

}  // namespace ferrotunnel::plugin
