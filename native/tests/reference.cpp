#include "reference.h"

#include <algorithm>
#include <cmath>

#include "isa_functions.h"

namespace tests {

namespace {

using Row = std::vector<double>;
using Rows = std::vector<Row>;  // a row for each step

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// Reads the flat buffer of parameters from its beginning to its end.
struct Reader {
  const double* at;

  const double* take(i64 count) { return (at += count) - count; }
};

// W x + b, W [outputs, x]
Row linear(const double* W, const double* b, const Row& x, i64 outputs) {
  Row y(b, b + outputs);
  for (i64 o = 0; o < outputs; ++o)
    for (std::size_t i = 0; i < x.size(); ++i) y[o] += W[o * x.size() + i] * x[i];
  return y;
}

struct Weights {
  const double *ih, *hh, *bias_ih, *bias_hh;
};

// One step of a cell: h and c become the new states. Returns gates in torch's order, c if it has one, and h.
Rows step(const std::string& cell, i64 H, i64 G, const Weights& w, const Row& x, Row& h, Row& c, bool has_c) {
  Row a = linear(w.ih, w.bias_ih, x, G * H);
  const Row b = linear(w.hh, w.bias_hh, h, G * H);
  Rows record(G, Row(h.size()));
  for (i64 u = 0; u < H; ++u) {
    auto sum = [&](int gate) { return a[gate * H + u] + b[gate * H + u]; };
    if (cell == "lstm") {
      const double i = sigmoid(sum(0)), f = sigmoid(sum(1)), g = std::tanh(sum(2)), o = sigmoid(sum(3));
      c[u] = f * c[u] + i * g;
      h[u] = o * std::tanh(c[u]);
      record[0][u] = i, record[1][u] = f, record[2][u] = g, record[3][u] = o;
    } else if (cell == "gru") {
      const double r = sigmoid(sum(0)), z = sigmoid(sum(1));
      const double n = std::tanh(a[2 * H + u] + r * b[2 * H + u]);
      h[u] = (1.0 - z) * n + z * h[u];
      record[0][u] = r, record[1][u] = z, record[2][u] = n;
    } else {
      h[u] = cell == "rnn" ? std::tanh(sum(0)) : cell == "rnn_relu" ? std::max(0.0, sum(0)) : sum(0);
      record[0][u] = h[u];
    }
  }
  if (has_c) record.push_back(c);
  record.push_back(h);
  return record;
}

// The steps of a span as the first layer reads them.
Rows read(const Problem<double>& p, i64 span, Reader& reader) {
  const NetworkDesc& d = p.desc;
  const i64 I = d.inputs();
  const double* embedding = reader.take(d.vocabulary * d.width);
  const double* dense = reader.take(d.dense * I);
  const double* bias = reader.take(d.dense);
  Rows x;
  for (i64 t = 0; t < p.steps[span]; ++t) {
    const i64 first = p.first_row(span, t);
    if (d.vocabulary > 0) {
      const double* row = embedding + p.tokens[first] * d.width;
      x.emplace_back(row, row + d.width);
      continue;
    }
    Row row(p.rows.begin() + first * d.columns, p.rows.begin() + first * d.columns + I);
    for (i64 j = 0; j < I && !p.shift.empty(); ++j) {
      const i64 column = span * d.columns + j % d.columns;
      row[j] = (row[j] - p.shift[column]) * p.factor[column];
    }
    if (d.dense > 0) {
      row = linear(dense, bias, row, d.dense);
      for (double& y : row) y = std::max(0.0, y);
    }
    x.push_back(row);
  }
  return x;
}

// The readout rows: one, or one a step. y: the top layer's states, both directions side by side; last: its last states.
Rows readout(Readout kind, i64 read_last, const Rows& y, const Row& last) {
  if (kind == Readout::each) return Rows(y.end() - (read_last > 0 ? read_last : i64(y.size())), y.end());
  if (kind == Readout::last) return {last};
  Row mean(last.size(), 0.0), max = y[0];
  for (const Row& row : y)
    for (std::size_t j = 0; j < row.size(); ++j) {
      mean[j] += row[j] / double(y.size());
      max[j] = std::max(max[j], row[j]);
    }
  if (kind == Readout::mean_max) mean.insert(mean.end(), max.begin(), max.end());
  return {kind == Readout::max ? max : mean};
}

void run_span(const Problem<double>& p, i64 span, Noise noise, Reference& out) {
  const NetworkDesc& d = p.desc;
  const std::string cell = tg::core().cell_names[d.cell];
  const i64 H = d.hidden, D = d.directions(), n = p.n();
  const i64 T = p.steps[span], item = p.item[span];
  Reader reader{p.params.data()};
  Rows x = read(p, span, reader);
  Row last;
  for (i64 layer = 0; layer < d.layers; ++layer) {
    Rows y(T, Row(D * H));
    last.clear();
    for (i64 direction = 0; direction < D; ++direction) {
      const i64 G = gates(d), I = i64(x[0].size()), at = layer * D + direction;
      const double *ih = reader.take(G * H * I), *hh = reader.take(G * H * H), *bias = reader.take(2 * G * H);
      const Weights w = {ih, hh, bias, bias + G * H};
      const i64 state = (at * n + span) * H;
      Row h(H, 0.0), c = h;
      if (!p.h0.empty()) h.assign(p.h0.begin() + state, p.h0.begin() + state + H);
      if (!p.c0.empty()) c.assign(p.c0.begin() + state, p.c0.begin() + state + H);
      for (i64 k = 0; k < T; ++k) {
        const i64 t = direction == 0 ? k : T - 1 - k;
        const Rows record = step(cell, H, G, w, x[t], h, c, has_cell_state(p.desc));
        std::copy(h.begin(), h.end(), y[t].begin() + direction * H);
        for (std::size_t v = 0; v < record.size(); ++v)
          std::copy(record[v].begin(), record[v].end(), out.record[at][v].begin() + (item + t) * H);
      }
      std::copy(h.begin(), h.end(), out.result.h.begin() + state);
      if (!out.result.c.empty()) std::copy(c.begin(), c.end(), out.result.c.begin() + state);
      last.insert(last.end(), h.begin(), h.end());
    }
    x = y;
    if (noise.on && d.dropout > 0.0 && layer + 1 < d.layers)
      for (i64 t = 0; t < T; ++t)
        for (i64 direction = 0; direction < D; ++direction) {
          double* row = x[t].data() + direction * H;
          const std::uint32_t at = std::uint32_t(layer * D + direction);
          tg::isa_functions<double>().dropout(row, row, H, d.dropout, noise.seed, noise.step, at, std::uint32_t(span),
                                              std::uint32_t(t));
        }
  }
  const i64 R = d.readout_width();
  const double *W = reader.take(d.outputs * R), *b = reader.take(d.outputs);
  Rows rows = readout(d.readout, d.read_last, x, last);
  if (noise.on && d.head_dropout > 0.0)
    for (i64 t = 0; t < i64(rows.size()); ++t)
      for (i64 block = 0; block < R / H; ++block) {
        double* row = rows[t].data() + block * H;
        const i64 time = d.readout == Readout::each ? T - i64(rows.size()) + t : 0;
        tg::isa_functions<double>().dropout(row, row, H, d.head_dropout, noise.seed, noise.step,
                                            std::uint32_t((d.layers - 1) * D + block), std::uint32_t(span), std::uint32_t(time));
      }
  for (i64 t = 0; t < i64(rows.size()); ++t) {
    const Row y = d.outputs > 0 ? linear(W, b, rows[t], d.outputs) : rows[t];
    const i64 to = d.readout != Readout::each ? span : d.read_last > 0 ? span * d.read_last + t : item + t;
    std::copy(y.begin(), y.end(), out.result.output.begin() + to * d.output_width());
  }
}

}  // namespace

Reference reference(const Problem<double>& p, Noise noise) {
  Reference out;
  out.result.output.assign(p.output_rows() * p.desc.output_width(), unwritten);
  out.result.h.assign(p.state_size(), unwritten);
  if (has_cell_state(p.desc)) out.result.c = out.result.h;
  const int values = gates(p.desc) + (has_cell_state(p.desc) ? 2 : 1);
  const Row empty(p.item_rows * p.desc.hidden, unwritten);
  out.record.assign(p.desc.layers * p.desc.directions(), Rows(values, empty));
  for (i64 span = 0; span < p.n(); ++span) run_span(p, span, noise, out);
  return out;
}

}  // namespace tests
