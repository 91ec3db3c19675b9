/** A text to try, and what to ask about it. */
export interface Sample {
  title: string;
  text: string;
  questions: string[];
}

export const SAMPLES: Sample[] = [
  {
    title: 'An email thread',
    text: `From: Marta Lindqvist
To: Team
Subject: Offsite in Gothenburg

Hi all,

the offsite takes place on 14 and 15 May in Gothenburg. I have booked rooms for twelve people at the Hotel Eggers, right next to the station. The train leaves Stockholm at 7:24 in the morning from platform 11, so please be there by seven. Jonas has everybody's tickets.

Breakfast is included. If you need a vegetarian lunch, write to Priya before Friday.

Marta

> From: Jonas Berg
> Marta, did we agree on a budget? Finance approved 42,000 kronor last week, but the meeting room alone is 9,500.
>
> > From: Priya Nair
> > The workshop is moved to the second day because our speaker, Dr. Okafor, is still in Nairobi on the 14th.`,
    questions: ['At what time does the train leave Stockholm?', 'How many people are there rooms for?', 'How much did Finance approve?'],
  },
  {
    title: 'A page of an encyclopedia',
    text: `Honey bees are flying insects, native to mainland Afro-Eurasia. A colony generally contains one queen bee, a fertile female; seasonally up to a few thousand drone bees, or fertile males; and tens of thousands of sterile female worker bees. The queen lives for three to five years, while workers that hatch in summer live for about six weeks. Bees tell each other where food is by the waggle dance, which was decoded by the Austrian ethologist Karl von Frisch. In cold weather, when the temperature drops below 10 °C, honey bees stop flying and crowd into the central area of the hive to form a winter cluster.`,
    questions: ['How long does a queen live?', 'Who decoded the waggle dance?', 'Which animal eats bees?'],
  },
];
