#include "http/target.hpp"

#include "http/field_name.hpp"

namespace ferrotunnel::http {
namespace {

void split_path(std::string_view text, Target& target) {
    const std::size_t question = text.find('?');
    target.path = text.substr(0, question);
    target.query = question == std::string_view::npos ? std::string_view{} : text.substr(question);
}

bool skip_scheme(std::string_view& text, bool& https) {
    for (std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
        if (text.size() >= scheme.size() && same_text(text.substr(0, scheme.size()), scheme)) {
            text.remove_prefix(scheme.size());
            https = scheme.size() == 8;
            return true;
        }
    }
    return false;
}

}  // namespace

Fault read_target(std::string_view text, Method method, Target& target, std::string_view& authority) noexcept {
    target = Target{};
    target.whole = text;
    authority = {};
    if (method == Method::connect) {
        target.form = TargetForm::authority;
        authority = text;
        return Fault::none;
    }
    if (text.starts_with('/')) {
        split_path(text, target);
        return Fault::none;
    }
    if (text == "*") {
        target.form = TargetForm::asterisk;
        target.path = text;
        return method == Method::options ? Fault::none : Fault::asterisk_not_options;
    }
    if (!skip_scheme(text, target.https)) {
        return Fault::bad_target;
    }
    target.form = TargetForm::absolute;
    const std::size_t end = text.find_first_of("/?");
    authority = text.substr(0, end);
    if (end == std::string_view::npos) {
        target.path = method == Method::options ? "*" : "/";
        return Fault::none;
    }
    split_path(text.substr(end), target);
    if (target.path.empty()) {
        target.path = "/";
    }
    return Fault::none;
}

}  // namespace ferrotunnel::http
