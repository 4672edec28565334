// The ways in which random expressions are written.
#include <cctype>

#include "random_tree.hpp"

namespace ferrotunnel::expression {
namespace {

using Kind = Tree::Kind;

class Writer {
public:
    explicit Writer(test::SeededRandom& random) : random_(random) {}

    std::string result() const { return text_; }

    // Operators that bind less strongly than `strength` get parentheses, and others get them at times.
    void write(const Tree& tree, int strength) {
        if (strength_of(tree) < strength || random_.chance(5)) {
            put("(");
            write_plain(tree);
            put(")");
        } else {
            write_plain(tree);
        }
    }

private:
    static int strength_of(const Tree& tree) {
        if (tree.kind == Kind::choice) {
            return 0;
        }
        if (tree.kind == Kind::infix) {
            return tree.word == "||" ? 1 : tree.word == "&&" ? 2 : 3;
        }
        return tree.kind == Kind::prefix ? 4 : 5;
    }

    void write_plain(const Tree& tree) {
        switch (tree.kind) {
            case Kind::literal:
                return write_literal(tree.literal);
            case Kind::field:
                return put_dotted(tree.word);
            case Kind::entry:
                return write_entry(tree);
            case Kind::has:
                put("has");
                put("(");
                write_entry(tree);
                return put(")");
            case Kind::prefix:
                put(tree.word);
                return write(tree.parts[0], 4);
            case Kind::infix:
                return write_infix(tree);
            case Kind::method:
                return write_call(tree);
            case Kind::list:
                put("[");
                write_row(tree.parts, 0, ",", 5);
                return put("]");
            case Kind::choice:
                break;
        }
        write(tree.parts[0], 1);
        put("?");
        write(tree.parts[1], 1);
        put(":");
        write(tree.parts[2], 0);
    }

    void write_row(const std::vector<Tree>& parts, std::size_t first, const std::string& between, int strength) {
        for (std::size_t i = first; i < parts.size(); ++i) {
            if (i > first) {
                put(between);
            }
            parts[i].kind == Kind::literal ? write_plain(parts[i]) : write(parts[i], strength);
        }
    }

    void write_infix(const Tree& tree) {
        if (tree.word == "in") {
            write(tree.parts[0], 4);
            put("in");
            return write_plain(tree.parts[1]);
        }
        write_row(tree.parts, 0, tree.word, strength_of(tree) + 1);
    }

    void write_call(const Tree& tree) {
        if (tree.word == "size" && random_.chance(50)) {
            put("size");
            put("(");
            write(tree.parts[0], 0);
            return put(")");
        }
        write(tree.parts[0], 5);
        put(".");
        put(tree.word);
        put("(");
        write_row(tree.parts, 1, ",", 0);
        put(")");
    }

    void write_entry(const Tree& tree) {
        const auto& key = std::get<std::string>(tree.literal);
        put_dotted(tree.word);
        if (key.find('-') == std::string::npos && random_.chance(50)) {
            put(".");
            return put_dotted(key);
        }
        put("[");
        write_literal(key);
        put("]");
    }

    void write_literal(const Outcome& literal) {
        if (const auto* const text = std::get_if<std::string>(&literal)) {
            return put(quoted(*text));
        }
        const auto* const number = std::get_if<std::int64_t>(&literal);
        put(number != nullptr ? std::to_string(*number) : std::get<bool>(literal) ? "true" : "false");
    }

    std::string quoted(const std::string& text) {
        const std::string quote = random_.chance(50) ? "\"" : "'";
        const bool is_plain = text.find(quote) == std::string::npos && text.find('\n') == std::string::npos;
        if (is_plain && random_.chance(50)) {
            return 'r' + quote + text + quote;
        }
        std::string inside;
        for (const char c : text) {
            const bool is_ascii = static_cast<unsigned char>(c) < 0x80;
            inside += c == '\n'                        ? "\\n"
                      : c == '\\'                      ? "\\\\"
                      : c == quote[0]                  ? '\\' + quote
                      : is_ascii && random_.chance(10) ? escaped(c)
                                                       : std::string(1, c);
        }
        return quote + inside + quote;
    }

    std::string escaped(char c) {
        constexpr std::string_view digits = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(c);
        return (random_.chance(50) ? "\\x" : "\\u00") + std::string{digits[byte / 16U], digits[byte % 16U]};
    }

    void put_dotted(const std::string& names) {
        std::size_t from = 0;
        for (std::size_t dot = names.find('.'); dot != std::string::npos; dot = names.find('.', from)) {
            put(names.substr(from, dot - from));
            put(".");
            from = dot + 1;
        }
        put(names.substr(from));
    }

    void put(const std::string& token) {
        static constexpr std::string_view blanks[] = {" ", "  ", "\n", "\t", " // why\n", "\r\n"};
        const auto continues_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
        const bool must_separate = !text_.empty() && continues_word(text_.back()) && continues_word(token[0]);
        if (must_separate || random_.chance(20)) {
            text_ += blanks[random_.below(std::size(blanks))];
        }
        text_ += token;
    }

    test::SeededRandom& random_;
    std::string text_;
};

}  // namespace

std::string written(const Tree& tree, test::SeededRandom& random) {
    Writer writer(random);
    writer.write(tree, 0);
    return writer.result();
}

}  // namespace ferrotunnel::expression
