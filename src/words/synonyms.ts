/**
 * What people say, and what documents say instead. Without embeddings a search knows nothing of meaning; these groups
 * of everyday and technical English words make up for some of it.
 */
import { stem } from "./stem.ts";
import { terms, words } from "./words.ts";

const groups = `
  abort cancel interrupt stop terminate kill end quit exit
  begin start launch boot initialise
  install setup deploy
  create generate produce
  custom own personal
  delete remove erase discard purge drop
  keep retain preserve store save persist
  hide mask redact conceal censor obscure
  show display print output
  password secret credential sensitive confidential
  login authentication authenticate signin
  allow permit grant permission authorise
  forbid refuse deny reject disallow prohibit prevent
  must required mandatory compulsory requirement
  optional voluntary
  disable deactivate off false
  enable activate on true
  limit restrict maximum cap bound constrain
  minimum least lowest
  big large huge size
  long length duration
  small little tiny short brief
  fast quick rapid speed performance
  slow slower delay latency overhead cost
  memory ram heap
  disk drive storage media
  cpu processor core
  thread concurrent parallel simultaneous
  old older outdated obsolete previous prior earlier former legacy version
  new newer latest recent current
  deprecated obsolete removed
  before prior pre preceding
  after post following subsequent
  first initial
  last final latest
  hook callback handler listener event
  function method procedure routine
  argument parameter option flag
  setting configuration config preference option
  default standard preset
  variable field property attribute
  name identifier label alias nickname
  number numeric integer
  float floating decimal real
  text string
  list array sequence
  map dictionary table object
  true boolean yes
  empty blank null missing
  error failure fault exception problem issue mistake
  bug defect error
  crash panic abort failure
  repair fix mend correct recover restore rescue salvage
  damaged corrupt corrupted broken
  lose lost loss losing
  back backup copy duplicate
  compress pack zip archive
  decompress unpack extract uncompress unzip
  encode serialise marshal
  decode deserialise parse
  encrypt cipher cryptography
  convert transform translate
  change modify alter edit update adjust
  replace substitute swap
  add append insert include
  join merge combine concatenate
  split divide separate partition
  find search lookup locate query
  choose select pick
  compare difference diff
  check verify validate test inspect
  wait block pause sleep
  retry repeat again
  run execute invoke call
  build compile make
  rebuild recompile
  send transmit forward deliver emit
  receive accept get
  read load fetch
  write save store log
  share publish distribute redistribute
  folder directory path
  file document
  page sheet
  picture image photo graphic figure
  website site web page
  link url address hyperlink
  address contact mail email
  report submit notify
  license licence permission terms
  right rights entitlement
  sue litigation lawsuit court legal
  advertise advertising endorse promote marketing
  trademark brand name
  inventor author creator
  owner holder proprietor
  contributor author developer
  user customer client person people
  employee worker staff personnel
  boss manager supervisor superior
  company firm business organisation employer
  job position post role
  salary pay wage remuneration compensation
  holiday vacation leave
  sick ill illness disease
  doctor physician
  price cost fee charge fare
  loud noise noisy sound
  service maintenance maintain care
  buy purchase order acquire
  sell sale vendor supplier
  invoice bill receipt
  refund reimburse reimbursement repayment
  car vehicle automobile
  house home building property
  contract agreement
  deadline due expiry expire
  rule policy regulation guideline
  law legislation act statute
  tax duty levy
  meeting appointment
  training course education
  safe safety secure security
  danger risk hazard
  warning caution alert
  help support assistance
  guide manual handbook documentation instructions
  example sample demonstration
  explain describe description
  reason cause why
  result outcome effect
  goal aim objective purpose
  comment remark note
  question query
  answer reply response
  time date timestamp
  daily day
  weekly week
  yearly annual year
  often frequency frequent
  always every each
  never not none
  several multiple many
  all whole entire
  part section portion piece
  top head beginning
  bottom tail
  compatible compatibility interoperable
  support handle manage
  depend dependency rely require
  equal same identical
  similar alike
  different differ other
  possible can able
  free gratis charge
  public open
  private internal confidential
`;

const bySynonym = new Map<string, Set<string>>();
for (const line of groups.trim().split("\n")) {
  const group = line.trim().split(" ").map(stem);
  for (const word of group) {
    const others = bySynonym.get(word) ?? new Set();
    for (const other of group) if (other !== word) others.add(other);
    bySynonym.set(word, others);
  }
}

/** Stems that may stand in a document for the stem in a question. */
export function synonymsOf(word: string): readonly string[] {
  return [...(bySynonym.get(word) ?? [])];
}

/** The terms of a text, each once, with the terms that may stand in its place. */
function relatedTerms(text: string): Map<string, ReadonlySet<string>> {
  const related = words(text).flatMap((word) =>
    terms(word).map((term) => [term, new Set(synonymsOf(stem(word)).flatMap(terms))] as const),
  );
  return new Map(related);
}

const mostTerms = 100;
const worth = { said: 1, above: 0.8, related: 0.7 };

/**
 * How much of a question each of some texts says, 0 to 1; what few of them say counts more. Nothing, where it says no
 * more than the question does, or where only what stands around it says something.
 * @param texts each with what stands above it and beside it
 * @param weightOf what a term counts, 1 for most
 */
export function relevance(
  question: string,
  texts: readonly { readonly text: string; readonly context: string }[],
  weightOf: (term: string) => number,
): number[] {
  const asked = [...relatedTerms(question)].slice(0, mostTerms);
  const sought = new Set(asked.map(([term]) => term));
  const read = texts.map(({ text, context }) => ({ own: new Set(terms(text)), above: new Set(terms(context)) }));
  const shares = read.map(({ own, above }) =>
    asked.map(([term, related]) => {
      if (own.has(term)) return worth.said;
      if (above.has(term)) return worth.above;
      return related.isDisjointFrom(own) && related.isDisjointFrom(above) ? 0 : worth.related;
    }),
  );
  const weights = asked.map(([term], place) => {
    const found = shares.filter((share) => share[place]).length;
    return weightOf(term) * Math.log(1 + texts.length / (1 + found));
  });
  const weigh = (share: readonly number[]) => share.reduce((sum, each, place) => sum + each * (weights[place] ?? 0), 0);
  const whole = weigh(asked.map(() => 1));
  const isAnswer = ({ own, above }: (typeof read)[number]) =>
    asked.some(([term, related]) => own.has(term) || !related.isDisjointFrom(own)) &&
    !own.union(above).isSubsetOf(sought);
  return read.map((each, index) => (whole > 0 && isAnswer(each) ? weigh(shares[index] ?? []) / whole : 0));
}
