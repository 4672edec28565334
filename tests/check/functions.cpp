#include "functions.hpp"

#include <utility>

#include "heads.hpp"

namespace check {

namespace {

class Finder {
public:
    explicit Finder(const std::vector<Token>& tokens) : code_(code_of(tokens)) {}

    std::vector<Function> run() {
        for (std::size_t i = 0; i < code_.size(); ++i) {
            if (code_[i].text == "{") {
                open(i);
            } else if (code_[i].text == "}") {
                close(i);
            } else if (code_[i].text == ";" && body_depth_ == 0 && initialiser_depth_ == 0) {
                head_begin_ = i + 1;
            }
        }
        return std::move(functions_);
    }

private:
    void open(std::size_t i) {
        if (body_depth_ > 0) {
            ++body_depth_;
            return;
        }
        const Head head = without_template(Head(code_).subspan(head_begin_, i - head_begin_));
        if (initialiser_depth_ > 0) {
            ++initialiser_depth_;
        } else if (auto name = function_name(head)) {
            functions_.push_back({std::move(*name), code_[i].line, 0});
            body_depth_ = 1;
        } else if (is_initialiser(head)) {
            initialiser_depth_ = 1;
        } else {
            head_begin_ = i + 1;  // a namespace, a class: functions may be inside
        }
    }

    void close(std::size_t i) {
        if (initialiser_depth_ > 0) {
            --initialiser_depth_;
            return;
        }
        if (body_depth_ > 0 && --body_depth_ > 0) {
            return;
        }
        if (!functions_.empty() && functions_.back().lines == 0) {
            functions_.back().lines = code_[i].line - functions_.back().line + 1;
        }
        head_begin_ = i + 1;
    }

    std::vector<Token> code_;
    std::vector<Function> functions_;
    std::size_t head_begin_ = 0;
    int body_depth_ = 0;
    int initialiser_depth_ = 0;
};

}  // namespace

std::vector<Function> functions_in(const std::vector<Token>& tokens) {
    return Finder(tokens).run();
}

}  // namespace check
